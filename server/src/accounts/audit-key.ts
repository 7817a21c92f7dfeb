// What the audit log is signed with: a key made from the server's secret, which the database never sees.

import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { Db } from '../db/database.ts';

export interface AuditKey {
  /** Tells signatures of different secrets apart; says nothing about the key. */
  readonly id: string;
  /** `k1.<id>.<HMAC-SHA256 in hex>` */
  sign(text: string): string;
}

/** Who holds a transaction can continue the chain: rooms pass transactions on, and nothing beside them. */
const keys = new WeakMap<object, AuditKey>();

/** A database handle and its transactions share their adapter, and no other handle does. */
export const handleOf = (db: Db): object => db.getExecutor().adapter;

export function keepAuditKey(db: Db, serverSecret: string): void {
  const derived = (what: string, bytes: number) => Buffer.from(hkdfSync('sha256', serverSecret, '', what, bytes));
  const key = createSecretKey(derived('overair audit log', 32));
  const id = derived('overair audit log, name of the key', 4).toString('hex');
  const sign = (text: string) => `k1.${id}.${createHmac('sha256', key).update(text).digest('hex')}`;
  keys.set(handleOf(db), { id, sign });
}

export function auditKeyOf(db: Db): AuditKey {
  const key = keys.get(handleOf(db));
  if (!key) throw new Error('The audit log cannot be written: keepAuditKey was not called for this database');
  return key;
}

/** The name of the key that made a signature; undefined for a plain hash. */
export const keyIdOf = (hash: string): string | undefined => /^k1\.([0-9a-f]{8})\.[0-9a-f]{64}$/.exec(hash)?.[1];
