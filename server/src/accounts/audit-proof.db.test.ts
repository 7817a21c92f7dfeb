// A log from before entries were signed, the switch-over, and what somebody who owns the database can do about it.

import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../testing/database.ts';
import { recordChange } from './audit.ts';
import { type Entry, firstHash, hashPlainEntry, signChains } from './audit-chain.ts';
import { keepAuditKey } from './audit-key.ts';
import { verifyChain } from './audit-proof.ts';
import { systemActor } from './caller.ts';

const org_id = '7d9b6d0e-6a56-4c0f-9d0e-000000000001';
let database: TestDatabase;
const db = () => database.db;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`truncate audit_logs, audit_heads, audit_signing`.execute(db());
  await addPlain(3);
});

/** As the program wrote them before: what a database administrator can write too. */
async function addPlain(count: number, from = firstHash): Promise<void> {
  let last_hash = from;
  let last_id = 0;
  for (let at = 0; at < count; at += 1) {
    const entry: Entry = {
      org_id,
      created_at: new Date(Date.UTC(2026, 0, 1, at)),
      table_name: 'apps',
      record_id: String(at),
      operation: 'INSERT',
      old_record: null,
      new_record: { name: `old ${at}` },
      changed_fields: null,
      ...systemActor,
    };
    const entry_hash = hashPlainEntry(last_hash, entry);
    const row = { ...entry, old_record: null, new_record: JSON.stringify(entry.new_record) };
    const added = await db()
      .insertInto('audit_logs')
      .values({ ...row, previous_hash: last_hash, entry_hash })
      .returning('id')
      .executeTakeFirstOrThrow();
    last_hash = entry_hash;
    last_id = added.id;
  }
  await db()
    .insertInto('audit_heads')
    .values({ org_id, last_id, last_hash, seal: null })
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet({ last_id, last_hash, seal: null }))
    .execute();
}

const change = (name: string) =>
  db()
    .transaction()
    .execute((trx) => recordChange(trx, systemActor, { org_id, table_name: 'apps', record_id: 'x', after: { name } }));
const proof = () => verifyChain(db(), org_id, 1_000);

/** Everything that stands in the way of somebody with all rights in the database. */
async function asAdministrator(...statements: string[]): Promise<void> {
  await sql`alter table audit_logs disable trigger append_only`.execute(db());
  for (const statement of statements) await sql.raw(statement).execute(db());
  await sql`alter table audit_logs enable trigger append_only`.execute(db());
}

test('old entries stay provable, and the proof says which are of which kind', async () => {
  expect(await proof()).toMatchObject({ valid: false, reason: 'head_changed' });
  await signChains(db());
  await change('new');
  expect(await proof()).toMatchObject({ valid: true, checked: 5, keyed: 2, plain: 3, reason: null });
  const first = await db().selectFrom('audit_logs').select('id').orderBy('id').offset(3).executeTakeFirstOrThrow();
  expect(await proof()).toMatchObject({ signed_from: first.id });
});

test('a plain entry that is changed, with every hash after it made anew, is seen', async () => {
  await signChains(db());
  await asAdministrator(`delete from audit_logs where entry_hash not like 'k1.%'`);
  const { last_hash, last_id, seal } = await db().selectFrom('audit_heads').selectAll().executeTakeFirstOrThrow();
  await addPlain(2);
  await db().updateTable('audit_heads').set({ last_hash, last_id, seal }).execute();
  expect(await proof()).toMatchObject({ valid: false });
});

test('a log that pretends never to have been signed is seen, and no start signs it', async () => {
  await signChains(db());
  await change('what somebody wants to hide');
  await asAdministrator('delete from audit_logs', 'delete from audit_heads');
  await addPlain(4);
  await signChains(db());
  expect(await proof()).toMatchObject({ valid: false, reason: 'head_changed' });
  await change('later');
  expect(await proof()).toMatchObject({ valid: false, reason: 'head_changed' });
});

test('neither is it when the note of the switch-over is removed with it, while another chain is signed', async () => {
  await signChains(db());
  const other = '7d9b6d0e-6a56-4c0f-9d0e-000000000002';
  const record = {
    org_id: other,
    table_name: 'apps' as const,
    record_id: 'x',
    after: { name: 'of another organization' },
  };
  await db()
    .transaction()
    .execute((trx) => recordChange(trx, systemActor, record));
  await asAdministrator(
    `delete from audit_logs where org_id = '${org_id}'`,
    `delete from audit_heads where org_id = '${org_id}'`,
    'delete from audit_signing',
  );
  await addPlain(4);
  await signChains(db());
  expect(await proof()).toMatchObject({ valid: false, reason: 'head_changed' });
  expect(await verifyChain(db(), other, 10)).toMatchObject({ valid: false, reason: 'missing' });
});

test('what is written onto a chain that was cut off keeps the finding', async () => {
  await signChains(db());
  for (const name of ['a', 'b']) await change(name);
  await asAdministrator(
    `with cut as (delete from audit_logs where id = (select max(id) from audit_logs) returning previous_hash)
     update audit_heads set last_hash = cut.previous_hash, last_id = last_id - 1 from cut`,
  );
  await change('c');
  expect(await proof()).toMatchObject({ valid: false, reason: 'head_changed' });
  const { id } = await db().selectFrom('audit_logs').select('id').orderBy('id', 'desc').executeTakeFirstOrThrow();
  expect(await proof()).toMatchObject({ broken_at: id });
});

test('another secret cannot tell, and says so', async () => {
  await signChains(db());
  await change('a');
  keepAuditKey(db(), 'another secret');
  expect(await proof()).toMatchObject({ valid: false, reason: 'other_secret' });
  keepAuditKey(db(), 'the secret of tests');
  expect(await proof()).toMatchObject({ valid: true });
});

test('a second start signs nothing again', async () => {
  await signChains(db());
  await signChains(db());
  expect(await proof()).toMatchObject({ valid: true, checked: 4, keyed: 1, plain: 3 });
});
