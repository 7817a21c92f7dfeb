// A way on which people are told that a matter began, or is over.

import type { Db } from '../db/database.ts';
import type { Noted } from './noticed.ts';
import type { AttentionRoom } from './room.ts';

export interface News extends Noted {
  readonly event: 'begun' | 'over';
}

/** Leaves in this transaction what is to be sent: sending is a job of its own. */
export type Way = (trx: Db, room: AttentionRoom, news: readonly News[]) => Promise<void>;
