// Every server process decides by what is in the database now, or was a moment ago, without asking it.

import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import type { Database } from '../db/database.ts';
import { openDatabase } from '../db/open.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import type { AppState } from './release-state.ts';
import { type SnapshotOptions, Snapshots } from './snapshot.ts';

/** A change is known everywhere within this time. */
const withinASecond = { timeout: 1_000, interval: 10 };
const device_id = '00009a6b-eefe-490a-9c60-8e965132ae51';
let server: TestServer;
let app_id: string;
let apps = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  app_id = `com.example.snapshot${apps++}`;
  await run('insert into apps (app_id, owner_org, name) values ($1, $2, $1)', app_id, server.orgId);
  for (const name of ['production', 'beta']) {
    await run('insert into channels (app_id, owner_org, name) values ($1, $2, $3)', app_id, server.orgId, name);
  }
  await server.parts.snapshots.caughtUp();
});

const run = (text: string, ...values: unknown[]) => server.database.query(text, values);
const setMode = (mode: string) => run('update channels set disable_auto_update = $2 where app_id = $1', app_id, mode);
const setApp = (name: string) =>
  run('insert into apps (app_id, owner_org, name) values ($1, $2, $1)', name, server.orgId);

async function channelOf(snapshots: Snapshots): Promise<string | undefined> {
  const state = (await snapshots.get(app_id)) as AppState;
  const id = state.overrides.get(device_id);
  return id === undefined ? undefined : state.channelsById.get(id)?.name;
}
const modeOf = async (snapshots: Snapshots) => (await snapshots.get(app_id))?.channels[0]?.disable_auto_update;
const force = (channel: string) =>
  run(
    `insert into channel_devices (app_id, device_id, owner_org, channel_id)
     select app_id, $2, owner_org, id from channels where app_id = $1 and name = $3
     on conflict (app_id, device_id) do update set channel_id = excluded.channel_id`,
    app_id,
    device_id,
    channel,
  );

describe('one process', () => {
  test('answers from memory, without a promise', async () => {
    const { snapshots } = server.parts;
    const state = await snapshots.get(app_id);
    expect(snapshots.get(app_id)).toBe(state);
    expect(state?.channels.map(({ name }) => name)).toEqual(['beta', 'production']);
  });

  test('knows a change when its writer has caught up', async () => {
    const { snapshots } = server.parts;
    await snapshots.get(app_id);
    for (const mode of ['minor', 'none', 'patch', 'major']) {
      await setMode(mode);
      await snapshots.caughtUp();
      expect(await modeOf(snapshots)).toBe(mode);
    }
  });

  test('reads an app once for many questions at once', async () => {
    const { snapshots } = server.parts;
    const states = await Promise.all(Array.from({ length: 50 }, () => snapshots.get(app_id)));
    expect(new Set(states).size).toBe(1);
  });

  test('reads many apps asked for at once together, and mixes nothing up', async () => {
    await run(
      `with app as (
         insert into apps (app_id, owner_org, name) select 'com.example.many' || n, $1, n from generate_series(1, 250) n returning *
       ), bundle as (
         insert into bundles (app_id, owner_org, name, storage_provider)
         select app_id, owner_org, '1.0.' || name, 'none' from app returning *
       )
       insert into channels (app_id, owner_org, name, version) select app_id, owner_org, 'production', id from bundle`,
      server.orgId,
    );
    const { snapshots } = server.parts;
    await snapshots.caughtUp();
    const asked = Array.from({ length: 251 }, (_, n) => n);
    const states = await Promise.all(asked.map((n) => snapshots.get(`com.example.many${n}`)));
    expect(states.map((state) => state?.channels[0]?.bundle?.name)).toEqual(
      asked.map((n) => (n === 0 ? undefined : `1.0.${n}`)),
    );
  });

  test('takes note of one forced device without reading the app again', async () => {
    const { snapshots } = server.parts;
    const before = await snapshots.get(app_id);
    await force('beta');
    await snapshots.caughtUp();
    expect(await channelOf(snapshots)).toBe('beta');
    await force('production');
    await snapshots.caughtUp();
    expect(await channelOf(snapshots)).toBe('production');
    await run('delete from channel_devices where app_id = $1', app_id);
    await snapshots.caughtUp();
    expect(await channelOf(snapshots)).toBeUndefined();
    expect(snapshots.get(app_id)).toBe(before);
  });

  test('takes note of a bundle that failed twice, once', async () => {
    const { snapshots } = server.parts;
    await snapshots.get(app_id);
    const fail = (failures: number) =>
      run(
        `insert into device_failures (app_id, device_id, version_name, version_build, failures) values ($1, $2, '1.0.1', '1.0.0', $3)
         on conflict (app_id, device_id, version_name, version_build) do update set failures = excluded.failures`,
        app_id,
        device_id,
        failures,
      );
    for (const [failures, expected] of [
      [1, undefined],
      [2, [{ version_name: '1.0.1', version_build: '1.0.0', didNotStart: true, unopenedWith: null }]],
      [3, [{ version_name: '1.0.1', version_build: '1.0.0', didNotStart: true, unopenedWith: null }]],
    ] as const) {
      await fail(failures);
      await snapshots.caughtUp();
      expect((await snapshots.get(app_id))?.failures.get(device_id)).toEqual(expected);
    }
    const fresh = new Snapshots(server.database);
    expect((await fresh.get(app_id))?.failures.get(device_id)).toHaveLength(1);
  });

  test('takes note of a bundle that a device could not open with its key, and of the key', async () => {
    const { snapshots } = server.parts;
    await snapshots.get(app_id);
    const fail = (unopened_with: string, version_name: string) =>
      run(
        `insert into device_failures (app_id, device_id, version_name, version_build, failures, unopened_with)
         values ($1, $2, $4, '1.0.0', 0, $3)
         on conflict (app_id, device_id, version_name, version_build) do update set unopened_with = excluded.unopened_with`,
        ...[app_id, device_id, unopened_with, version_name],
      );
    const known = async (each: Snapshots) =>
      (await each.get(app_id))?.failures
        .get(device_id)
        ?.map(({ version_name, didNotStart, unopenedWith }) => `${version_name} ${didNotStart} "${unopenedWith}"`)
        .sort();
    await fail('', '1.0.1');
    await snapshots.caughtUp();
    expect(await known(snapshots)).toEqual(['1.0.1 false ""']);
    await fail('MIIB', '1.0.1');
    await fail('MIIB', '1.0.2');
    await snapshots.caughtUp();
    expect(await known(snapshots)).toEqual(['1.0.1 false "MIIB"', '1.0.2 false "MIIB"']);
    expect(await known(new Snapshots(server.database))).toEqual(await known(snapshots));
  });

  test('hears of apps that come and go', async () => {
    const { snapshots } = server.parts;
    const name = `${app_id}.later`;
    expect(await snapshots.get(name)).toBeUndefined();
    expect(snapshots.get(name)).toBeUndefined();
    await setApp(name);
    await snapshots.caughtUp();
    expect(await snapshots.get(name)).toMatchObject({ app_id: name });
    await run('delete from apps where app_id = $1', name);
    await snapshots.caughtUp();
    expect(await snapshots.get(name)).toBeUndefined();
  });

  test('asks nobody about ids that no app can have', () => {
    expect(server.parts.snapshots.get(`com.${'x'.repeat(300)}`)).toBeUndefined();
  });

  test('forgets the oldest unknown apps rather than growing', async () => {
    let reads = 0;
    const { db } = server.database;
    const counting = {
      ...server.database,
      get db() {
        reads++;
        return db;
      },
    } as Database;
    const snapshots = new Snapshots(counting);
    await snapshots.start();
    await snapshots.get('com.unknown.one');
    await snapshots.get('com.unknown.one');
    expect(reads).toBe(1);
  });
});

// PGlite is one process by nature.
if (inject('testDatabase').engine === 'postgres') {
  describe('several processes', () => {
    const opened: Database[] = [];
    const proxies: Server[] = [];

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((each) => each.close()));
      for (const each of proxies.splice(0)) each.close();
    });

    async function another(url = server.database.url, options: SnapshotOptions = {}): Promise<Snapshots> {
      const database = await openDatabase({ url, poolSize: 2 });
      opened.push(database);
      const snapshots = new Snapshots(database, options);
      await snapshots.start();
      return snapshots;
    }

    test('never keep a state that was read before a change and arrived after it', async () => {
      const door = await openProxy(new URL(server.database.url as string));
      proxies.push(door.server);
      // The pool's connection is the first; who listens comes after it.
      const other = await another(door.url);
      const release = door.holdAnswersToFirst();
      const before = new Date();
      const reading = modeOf(other);
      await vi.waitFor(async () => {
        const { rows } = await run(
          `select 1 from pg_stat_activity where state = 'idle' and query like 'select "app_id", "id" as "uuid"%'
             and datname = current_database() and query_start >= $1`,
          before,
        );
        expect(rows).toHaveLength(1);
      }, withinASecond);
      await setMode('patch');
      await other.caughtUp();
      release();
      expect(await reading).toBe('patch');
      expect(await modeOf(other)).toBe('patch');
    });

    test('know within a second what one of them changed', async () => {
      const others = [await another(), await another()];
      for (const each of others) await each.get(app_id);
      for (const mode of ['minor', 'none', 'patch']) {
        await setMode(mode);
        await vi.waitFor(async () => {
          for (const each of others) expect(await modeOf(each)).toBe(mode);
        }, withinASecond);
      }
      await force('beta');
      await vi.waitFor(async () => {
        for (const each of others) expect(await channelOf(each)).toBe('beta');
      }, withinASecond);
      const failed = `insert into device_failures (app_id, device_id, version_name, version_build, failures, unopened_with)
        values ($1, $2, '1.0.1', '1.0.0', 0, '')`;
      await run(failed, app_id, device_id);
      await vi.waitFor(async () => {
        for (const each of others)
          expect((await each.get(app_id))?.failures.get(device_id)).toMatchObject([{ unopenedWith: '' }]);
      }, withinASecond);
    });

    const listeners =
      "select pid from pg_stat_activity where datname = current_database() and application_name = 'overair listening'";

    test('that lost their ear are not behind for more than a second, and hear again', async () => {
      const other = await another();
      for (const mode of ['minor', 'patch', 'none']) {
        await other.get(app_id);
        await run(`select pg_terminate_backend(pid) from (${listeners}) as them`);
        await setMode(mode);
        await vi.waitFor(async () => expect(await modeOf(other)).toBe(mode), withinASecond);
      }
      await vi.waitFor(
        async () => {
          const { rows } = await run(listeners);
          expect(rows.length).toBeGreaterThanOrEqual(2);
        },
        { timeout: 5_000, interval: 50 },
      );
      // Once it hears again, the state is kept and answered without a promise.
      await vi.waitFor(async () => {
        await other.get(app_id);
        expect(other.get(app_id)).not.toBeInstanceOf(Promise);
      }, withinASecond);
      await setMode('major');
      await vi.waitFor(async () => expect(await modeOf(other)).toBe('major'), withinASecond);
    });

    test('notice a connection that the network dropped without a word', async () => {
      const door = await openProxy(new URL(server.database.url as string));
      proxies.push(door.server);
      // The pool connects first; who listens comes last.
      const other = await another(door.url);
      await other.get(app_id);
      door.freezeLast();
      await setMode('minor');
      await vi.waitFor(async () => expect(await modeOf(other)).toBe('minor'), { timeout: 6_000, interval: 50 });
      await setMode('none');
      await vi.waitFor(async () => expect(await modeOf(other)).toBe('none'), withinASecond);
    });

    test('answer by the last known state while the database is away, for as long as they are told', async () => {
      const door = await openProxy(new URL(server.database.url as string));
      proxies.push(door.server);
      const told: boolean[] = [];
      const usual = await another(door.url, { onAway: (isAway) => told.push(isAway) });
      const strict = await another(door.url, { staleLimitMs: 0 });
      for (const each of [usual, strict]) await each.get(app_id);
      door.shut();
      await vi.waitFor(() => expect([usual.isHearing, strict.isHearing]).toEqual([false, false]));
      await vi.waitFor(async () => {
        expect(await usual.get(app_id)).toMatchObject({ app_id });
        expect(usual.staleMs).toBeGreaterThan(0);
      });
      // From then on without waiting for anything.
      expect(usual.get(app_id)).toMatchObject({ app_id });
      const away = { code: 'database_unavailable', status: 503 };
      await vi.waitFor(() => expect(strict.get(app_id)).rejects.toMatchObject(away));
      await expect(usual.get(`${app_id}.unheard`)).rejects.toMatchObject(away);
      await setMode('minor');
      door.open();
      await vi.waitFor(
        async () => {
          for (const each of [usual, strict]) expect(await modeOf(each)).toBe('minor');
        },
        { timeout: 3_000, interval: 20 },
      );
      expect(usual.staleMs).toBe(0);
      expect(told).toEqual([true, false]);
    });

    test('knock on a closed database at a steady pace, and hear again when it opens', async () => {
      const door = await openProxy(new URL(server.database.url as string));
      proxies.push(door.server);
      const other = await another(door.url);
      await other.get(app_id);
      door.shut();
      const knocksBefore = door.knocks();
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      // Every 250 ms; each refused knock must lead to one more, not to two.
      expect(door.knocks() - knocksBefore).toBeLessThanOrEqual(12);
      expect(door.knocks() - knocksBefore).toBeGreaterThanOrEqual(3);
      await setMode('patch');
      door.open();
      await vi.waitFor(async () => expect(await modeOf(other)).toBe('patch'), { timeout: 3_000, interval: 20 });
    });
  });
}

/** A TCP door in front of PostgreSQL that can be shut: then it hangs up on everybody, and counts who came. */
async function openProxy(target: URL) {
  let isShut = false;
  let knocks = 0;
  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    knocks++;
    socket.on('error', () => {});
    if (isShut) return void socket.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    upstream.on('error', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
    for (const each of [socket, upstream]) {
      sockets.add(each);
      each.once('close', () => sockets.delete(each));
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as { port: number }).port);
  return {
    server: proxy,
    url: url.href,
    knocks: () => knocks,
    shut() {
      isShut = true;
      for (const socket of sockets) socket.destroy();
    },
    open() {
      isShut = false;
    },
    /** Holds back what the database answers on the first connection until the returned function is called. */
    holdAnswersToFirst() {
      const [socket, upstream] = [...sockets] as [Socket, Socket];
      upstream.unpipe(socket).pause();
      return () => void upstream.pipe(socket);
    },
    /** The newest connection receives nothing more, and is not closed. */
    freezeLast() {
      for (const socket of [...sockets].slice(-2)) socket.unpipe().pause();
    },
  };
}
