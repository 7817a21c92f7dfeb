// The list of ways on which people are told. A new one: a file, and a line here.

import type { Db } from '../db/database.ts';
import type { AttentionRoom } from './room.ts';
import { tellMails } from './tell-mails.ts';
import { tellWebhooks } from './tell-webhooks.ts';
import type { News, Way } from './way.ts';

const ways: readonly Way[] = [tellWebhooks, tellMails];

export async function tell(trx: Db, room: AttentionRoom, news: readonly News[]): Promise<void> {
  if (news.length === 0) return;
  for (const way of ways) await way(trx, room, news);
}
