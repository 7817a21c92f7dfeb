import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../testing/database.ts';
import { loadImage, preparedImage, unpackImage } from '../testing/database-image.ts';
import { openTcpWay } from '../testing/tcp-way.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { openDatabase } from './open.ts';
import { checkpointIfLong } from './wal.ts';

/** The embedded database in memory is what tests have; in a thread is what owners have. */
const modes: [name: string, open: () => Promise<Database>][] =
  inject('testDatabase').engine === 'postgres'
    ? [['PostgreSQL', openTestDatabase]]
    : [
        ['embedded, in memory', openTestDatabase],
        ['embedded, in a thread', openInThread],
      ];

async function openInThread(): Promise<Database> {
  const dataDir = await mkdtemp(join(tmpdir(), 'overair-database-'));
  unpackImage(loadImage(preparedImage(inject('testDatabase').source)), join(dataDir, 'pg'));
  const database = await openDatabase({ dataDir });
  const close = async () => {
    await database.close();
    await rm(dataDir, { recursive: true });
  };
  return { ...database, close };
}

describe.each(modes)('%s', (_mode, open) => {
  let database: Database;

  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  const newUser = (email: string) => database.db.insertInto('users').values({ email } as never);

  test('migrating a second time changes nothing', async () => {
    expect(await migrate(database)).toEqual([]);
  });

  test('several processes may migrate at once', async () => {
    expect(await Promise.all([migrate(database), migrate(database), migrate(database)])).toEqual([[], [], []]);
  });

  test('a statement outside a transaction never lands inside it', async () => {
    const inside = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const rolledBack = database.db.transaction().execute(async (trx) => {
      await trx
        .insertInto('users')
        .values({ email: 'inside@example.com' } as never)
        .execute();
      inside.resolve();
      await asked.promise;
      await trx.selectFrom('users').select('id').execute();
      throw new Error('changed my mind');
    });
    await inside.promise;
    const other = newUser('outside@example.com').execute();
    asked.resolve();
    await expect(rolledBack).rejects.toThrow('changed my mind');
    await other;
    const emails = await database.db.selectFrom('users').select('email').where('email', 'like', '%side@%').execute();
    expect(emails).toEqual([{ email: 'outside@example.com' }]);
  });

  describe('code that holds a connection is refused another, and told where it took the first', () => {
    const asks: [string, () => Promise<unknown>][] = [
      ['a query', () => newUser('nested@example.com').execute()],
      ['a transaction', () => database.db.transaction().execute(async () => {})],
      ['plain text', () => database.query('select 1')],
      ['a connection', () => database.withConnection(async () => {})],
      ['work shared with others', async () => database.assertNoConnectionHeld()],
    ];

    const holds: [string, (use: () => Promise<unknown>) => Promise<unknown>][] = [
      ['a transaction', (use) => database.db.transaction().execute(use)],
      ['a connection', (use) => database.withConnection(use)],
    ];

    for (const [held, hold] of holds) {
      test.each(asks)(`${held} is held, %s asked for`, async (_asked, ask) => {
        const refused = await hold(ask).catch((error: unknown) => error);
        expect(refused).toMatchObject({
          name: 'NestedUseError',
          cause: { stack: expect.stringContaining('database.db.test') },
        });
        // And nothing is stuck afterwards.
        expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      });
    }

    test('but not what began inside and asks after the end', async () => {
      const ended = Promise.withResolvers<void>();
      let later: Promise<unknown> | undefined;
      await database.db.transaction().execute(async () => {
        later = ended.promise.then(() => database.query('select 1'));
      });
      ended.resolve();
      await later;
    });

    test('nor who hears of a change while its commit is under way', async () => {
      const asked = Promise.withResolvers<unknown>();
      await database.listen(
        'test_nested',
        () => database.query('select 1').then(asked.resolve, asked.reject),
        () => {},
      );
      await database.db.transaction().execute((trx) => sql`select pg_notify('test_nested', '')`.execute(trx));
      await asked.promise;
    });
  });

  test('a commit after a failed statement is reported as a rollback', async () => {
    await newUser('taken@example.com').execute();
    const swallowed = database.db.transaction().execute(async (trx) => {
      await trx
        .insertInto('users')
        .values({ email: 'lost@example.com' } as never)
        .execute();
      await trx
        .insertInto('users')
        .values({ email: 'taken@example.com' } as never)
        .execute()
        .catch(() => {});
    });
    await expect(swallowed).rejects.toThrow();
    expect(
      await database.db.selectFrom('users').select('id').where('email', '=', 'lost@example.com').execute(),
    ).toEqual([]);
  });

  test('a statement that fails between two transactions of a connection spoils neither', async () => {
    const committed = await database.withConnection(async (connection) => {
      await connection.query('begin; select 1; commit');
      await expect(connection.query('select 1 / 0')).rejects.toThrow(/division/);
      await connection.query('begin');
      return connection.query('commit');
    });
    expect(committed).not.toMatchObject({ command: 'ROLLBACK' });
  });

  test('columns arrive with the same types from both engines', async () => {
    const { rows } = await database.query(
      `select 9007199254740991::int8 as big, date '2026-03-01' as day, '{"a":[1]}'::jsonb as json,
            '{x,y}'::text[] as list, timestamptz '2026-03-01T10:00:00Z' as at, true as yes, 0.5::float8 as half`,
      [],
    );
    expect(rows).toEqual([
      {
        big: 9007199254740991,
        day: '2026-03-01',
        json: { a: [1] },
        list: ['x', 'y'],
        at: new Date('2026-03-01T10:00:00Z'),
        yes: true,
        half: 0.5,
      },
    ]);
  });

  test('a notification sent in a transaction arrives after its commit, and only then', async () => {
    const heard: string[] = [];
    const arrived = Promise.withResolvers<void>();
    await database.listen(
      'test_channel',
      (payload) => {
        heard.push(payload);
        arrived.resolve();
      },
      () => {},
    );
    await database.db
      .transaction()
      .execute(async () => {
        throw new Error('rolled back');
      })
      .catch(() => {});
    await database.withConnection(async (connection) => {
      await connection.query('begin', []);
      await connection.query('select pg_notify($1, $2)', ['test_channel', 'hello']);
      expect(heard).toEqual([]);
      await connection.query('commit', []);
    });
    await arrived.promise;
    expect(heard).toEqual(['hello']);
  });

  test('two connections asked for at once both get their turn', async () => {
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
        database.withConnection(async (connection) => {
          await connection.query('select 1', []);
          order.push(n);
        }),
      ),
    );
    expect(order.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('the log of the embedded engine is cut when it is long, and left alone when it is short', async () => {
    if (database.engine === 'postgres') return;
    await database.query(
      'create table long_log as select repeat(md5(n::text), 10) as text from generate_series(1, 5000) n',
    );
    expect(await checkpointIfLong(database, 100_000)).toBe(true);
    expect(await checkpointIfLong(database, 100_000)).toBe(false);
  });

  test('an error says all that PostgreSQL said', async () => {
    await database.query('create table parents (id int primary key)');
    await database.query(
      'create table children (id int primary key, parent int constraint has_parent references parents)',
    );
    const refused = await database.query('insert into children values (1, 7)').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Error);
    expect(refused).toMatchObject({
      message: expect.stringContaining('violates foreign key constraint "has_parent"'),
      code: '23503',
      severity: 'ERROR',
      detail: 'Key (parent)=(7) is not present in table "parents".',
      schema: 'public',
      table: 'children',
      constraint: 'has_parent',
    });
    expect(await database.query('selekt 1', []).catch((error: unknown) => error)).toMatchObject({
      code: '42601',
      position: '1',
    });
  });

  test('values of every type go there and come back', async () => {
    const values = [
      'ä€😀',
      7,
      0.5,
      true,
      null,
      new Date('2026-03-01T10:00:00Z'),
      Buffer.from([0, 255, 7]),
      ['a', 'b'],
      '{"a":[1]}',
    ];
    const { rows } = await database.query(
      `select $1::text as text, $2::int8 as big, $3::float8 as half, $4::bool as yes, $5::text as nothing, $6::timestamptz as at,
            $7::bytea as bytes, $8::text[] as list, $9::jsonb as json`,
      values,
    );
    const [text, big, half, yes, nothing, at, bytes, list] = values;
    expect({ ...rows[0], bytes: Buffer.from(rows[0]?.['bytes'] as Uint8Array) }).toEqual({
      ...{ text, big, half, yes, nothing, at, bytes, list, json: { a: [1] } },
    });
  });

  test('notifications and results come in the order in which they happened', async () => {
    if (database.engine === 'postgres') return;
    const order: string[] = [];
    await database.listen(
      'test_order',
      (payload) => order.push(payload),
      () => {},
    );
    for (let n = 0; n < 20; n++) {
      await database.query('select pg_notify($1, $2)', ['test_order', `notified ${n}`]);
      order.push(`answered ${n}`);
    }
    expect(order).toEqual(Array.from({ length: 20 }, (_, n) => [`notified ${n}`, `answered ${n}`]).flat());
  });
});

// The embedded database is no network away.
if (inject('testDatabase').engine === 'postgres') {
  describe('PostgreSQL behind a network', () => {
    let way: Awaited<ReturnType<typeof openTcpWay>>;
    let behind: Database;
    let server: TestDatabase;
    const complaints: string[] = [];

    beforeAll(async () => {
      server = await openTestDatabase();
      way = await openTcpWay(new URL(server.url!));
      behind = await openDatabase({
        url: way.url,
        poolSize: 2,
        patienceMs: 1_200,
        onError: (_error, what) => complaints.push(what),
      });
    });
    afterAll(async () => {
      await behind.close();
      way.close();
      await server.close();
    });

    test('a statement that takes its time is left alone', async () => {
      await behind.query('select pg_sleep(2)');
      expect(complaints).toEqual([]);
    });

    test('statements fail when nothing answers, those that wait for a connection too, and all is well afterwards', async () => {
      way.swallow(true);
      const asked = await Promise.allSettled(Array.from({ length: 5 }, () => behind.query('select 1')));
      expect(asked.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
      expect(complaints).toContain('the database hangs: statements that waited for it were given up');
      way.swallow(false);
      expect((await behind.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    test('a connection that is lost between two statements of a transaction fails the second, and nothing else', async () => {
      const second = behind.db.transaction().execute(async (trx) => {
        await trx.selectFrom('apps').select('app_id').execute();
        way.hangUp();
        // Time for the client to notice while nobody waits for an answer.
        await new Promise((resolve) => setTimeout(resolve, 100));
        await trx.selectFrom('apps').select('app_id').execute();
      });
      await expect(second).rejects.toThrow();
      expect((await behind.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
  });
}
