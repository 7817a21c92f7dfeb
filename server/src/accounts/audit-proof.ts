// Proving that nobody changed the audit log: the chain is walked from its head backwards.

import type { ChainFault } from '@overair/protocol/manage/audit';
import type { Db } from '../db/database.ts';
import { type Entry, firstHash, hashPlainEntry, sealHead, sealSigning, signEntry, UNPROVEN } from './audit-chain.ts';
import { type AuditKey, auditKeyOf, keyIdOf } from './audit-key.ts';
import { auditColumns } from './audit-log.ts';

interface ChainProof {
  valid: boolean;
  checked: number;
  keyed: number;
  plain: number;
  signed_from: number | null;
  broken_at: number | null;
  reason: ChainFault | null;
}

const CHECKED_AT_ONCE = 1000;

/** Proves the chain of every organization to its beginning, and answers with what is wrong, by organization. */
export async function findBrokenChains(
  db: Db,
): Promise<{ readonly org_id: string; readonly reason: ChainFault | null }[]> {
  const heads = await db.selectFrom('audit_heads').select('org_id').orderBy('org_id').execute();
  const broken = [];
  for (const { org_id } of heads) {
    const { valid, reason } = await verifyChain(db, org_id, Number.POSITIVE_INFINITY);
    if (!valid) broken.push({ org_id, reason });
  }
  return broken;
}

/** Recomputes the newest `most` links: a changed, removed or added entry breaks the chain, and so does a cut-off end. */
export async function verifyChain(db: Db, org_id: string, most: number): Promise<ChainProof> {
  const key = auditKeyOf(db);
  // Before the head: both move in one transaction, so the head is never behind what was there already.
  const newest = await db
    .selectFrom('audit_logs')
    .select('id')
    .where('org_id', '=', org_id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const head = await db
    .selectFrom('audit_heads')
    .select(['last_id', 'last_hash', 'seal'])
    .where('org_id', '=', org_id)
    .executeTakeFirst();
  const walk = new Walk(key, head?.last_hash ?? firstHash);
  if (newest && newest.id > (head?.last_id ?? 0)) return walk.broken('head_changed', newest.id);
  if (head?.last_id != null && head.seal !== sealHead(key, org_id, head)) {
    return walk.broken(faultOf(key, head.seal), head.last_id);
  }
  const signing = await faultOfSigning(db, key);
  if (signing) return walk.broken(signing, null);
  let below = (head?.last_id ?? 0) + 1;
  while (walk.checked < most) {
    const rows = await db
      .selectFrom('audit_logs')
      .select(auditColumns)
      .where('org_id', '=', org_id)
      .where('id', '<', below)
      .orderBy('id', 'desc')
      .limit(Math.min(CHECKED_AT_ONCE, most - walk.checked))
      .execute();
    for (const row of rows) {
      const fault = walk.step(row);
      if (fault) return walk.broken(fault, row.id);
    }
    if (rows.length === 0) return walk.isAtStart ? walk.proven() : walk.broken('missing', null);
    below = rows.at(-1)!.id;
  }
  return walk.proven();
}

/** A signature of another secret is no proof of a change, and none against it. */
const faultOf = (key: AuditKey, seal: string | null): ChainFault => {
  const id = seal === null ? undefined : keyIdOf(seal);
  return id !== undefined && id !== key.id ? 'other_secret' : 'head_changed';
};

/** The row that says since when chains are signed: without it somebody could pretend that they never were. */
async function faultOfSigning(db: Db, key: AuditKey): Promise<ChainFault | undefined> {
  const row = await db.selectFrom('audit_signing').select(['signed_at', 'chains', 'seal']).executeTakeFirst();
  if (!row) return 'missing';
  return row.seal === sealSigning(key, row.signed_at, row.chains) ? undefined : faultOf(key, row.seal);
}

type Row = Entry & { id: number; previous_hash: string; entry_hash: string };

class Walk {
  readonly #key: AuditKey;
  #expected: string;
  #keyed = 0;
  #plain = 0;
  #signedFrom: number | null = null;

  constructor(key: AuditKey, expected: string) {
    this.#key = key;
    this.#expected = expected;
  }

  get checked(): number {
    return this.#keyed + this.#plain;
  }

  /** The oldest entry hangs on nothing; one that names a predecessor has lost it. */
  get isAtStart(): boolean {
    return this.#expected === firstHash;
  }

  /** One entry further into the past. */
  step({ id, previous_hash, entry_hash, ...entry }: Row): ChainFault | undefined {
    if (entry_hash !== this.#expected) return 'changed';
    const keyId = keyIdOf(entry_hash);
    const fault =
      keyId === undefined
        ? this.#plainFault(previous_hash, entry_hash, entry)
        : this.#signedFault(keyId, previous_hash, entry_hash, entry);
    if (fault) return fault;
    if (keyId === undefined) this.#plain += 1;
    else {
      this.#keyed += 1;
      this.#signedFrom = id;
    }
    this.#expected = previous_hash;
    return undefined;
  }

  /** Plain ones prove nothing by themselves: a signed entry above must hold them, and none may lie below. */
  #plainFault(previous_hash: string, entry_hash: string, entry: Entry): ChainFault | undefined {
    if (this.#keyed === 0) return 'plain_after_signed';
    return hashPlainEntry(previous_hash, entry) === entry_hash ? undefined : 'changed';
  }

  #signedFault(keyId: string, previous_hash: string, entry_hash: string, entry: Entry): ChainFault | undefined {
    if (this.#plain > 0) return 'plain_after_signed';
    if (keyId !== this.#key.id) return 'other_secret';
    if (signEntry(this.#key, previous_hash, entry) !== entry_hash) return 'changed';
    return previous_hash.startsWith(UNPROVEN) ? 'head_changed' : undefined;
  }

  proven(): ChainProof {
    return this.#proof(true, null, null);
  }

  broken(reason: ChainFault, broken_at: number | null): ChainProof {
    return this.#proof(false, broken_at, reason);
  }

  #proof(valid: boolean, broken_at: number | null, reason: ChainFault | null): ChainProof {
    const { checked } = this;
    return { valid, checked, keyed: this.#keyed, plain: this.#plain, signed_from: this.#signedFrom, broken_at, reason };
  }
}
