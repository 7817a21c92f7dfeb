// Writes down who changed what of the push side, in the transaction of the change.

import { recordChange } from '../../accounts/audit.ts';
import type { Actor } from '../../accounts/caller.ts';
import type { Db } from '../../db/database.ts';

/** Who changes something, and whose log hears of it. */
export interface By {
  readonly actor: Actor;
  readonly org_id: string;
}

type Subject = 'push_apps' | 'push_credentials' | 'push_groups' | 'push_segments' | 'push_callbacks' | 'push_messages';

/** Rows may hold hashed and sealed secrets: the log leaves them out and names them among the changed fields. */
export async function record(
  trx: Db,
  { actor, org_id }: By,
  table_name: Subject,
  record_id: string,
  { before, after }: { before?: object | undefined; after?: object | undefined },
): Promise<void> {
  await recordChange(trx, actor, { org_id, table_name, record_id, before, after });
}
