// Rehearsals, and changes that are made as they were reviewed.

import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hashKey } from '../../accounts/keys.ts';
import { startTestServer } from '../../testing/server.ts';
import { rolloutBucketOf } from '../../updates/rollout.ts';
import { OutcomeWorld } from './testing/outcome-world.ts';

let world: OutcomeWorld;
beforeAll(async () => {
  world = await OutcomeWorld.open();
});
afterAll(() => world.close());
beforeEach(() => world.addApp());

async function post(url: string, payload: object, headers: Record<string, string> = {}, { app } = world.server) {
  await world.settle();
  const answer = await app.inject({
    method: 'POST',
    url,
    headers: { ...world.headers(), ...headers },
    payload: JSON.stringify(payload),
  });
  return { status: answer.statusCode, body: answer.json() };
}

const place = () => ({ app_id: world.app_id, channel: 'production' });
const rehearse = (change: object, more: object = {}) => post('/rehearse', { ...place(), change, ...more });
const prepare = (call: string, input: object) => post('/prepare', { call, input: { ...place(), ...input } });
const promotion = () => prepare('POST /channel', { version: '1.2.0' }).then(({ body }) => ticketOf(body));
const ticketOf = ({ token, expected_updated_at }: Record<string, string>) => ({ token, expected_updated_at });
const commit = (payload: object, key: string, server = world.server) =>
  post('/commit', payload, { 'idempotency-key': key }, server);

async function served(): Promise<string> {
  const answer = await world.server.app.inject({
    url: `/channel?app_id=${world.app_id}&channel=production`,
    headers: world.headers(),
  });
  return answer.json().version?.name ?? 'builtin';
}

async function countReleases(): Promise<number> {
  const answer = await world.server.app.inject({ url: `/release?app_id=${world.app_id}`, headers: world.headers() });
  return answer.json().data.length;
}

/** A key of the same owner, with fewer rights. */
async function addKey(mode: 'upload' | 'read', value: string, limits: object = {}): Promise<void> {
  const { db } = world.server.database;
  const { user_id } = await db.selectFrom('apikeys').select('user_id').executeTakeFirstOrThrow();
  await db
    .insertInto('apikeys')
    .values({ user_id, mode, name: value, key_hash: hashKey(value), ...limits } as never)
    .execute();
}

describe('POST /rehearse', () => {
  it('says who moves, from what they run to what they are told to run, and nothing stays of it', async () => {
    const ids = [world.newId(), world.newId(), world.newId()];
    for (const id of ids) await world.check(id, { version_name: '1.1.0' });
    const { status, body } = await rehearse({ version: '1.2.0' });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({
      channels: [{ channel: 'production', before: { bundle: '1.1.0' }, after: { bundle: '1.2.0' } }],
      devices: { known: 3, concerned: 3, moving: 3, pending: 0, held_back: 0, refused: 0 },
      moves: [{ from: '1.1.0', to: '1.2.0', devices: 3, dormant: 0, examples: expect.arrayContaining(ids) }],
      bytes: { delta: 0, zip: 0, unknown_devices: 3 },
    });
    expect(await served()).toBe('1.1.0');
    expect(await countReleases()).toBe(1);
    const audit = await world.server.app.inject({
      url: `/organization/audit?orgId=${world.server.orgId}`,
      headers: world.headers(),
    });
    expect(audit.body).not.toContain('1.2.0');
  });

  it('tells who runs something else from who was only offered it', async () => {
    await world.check(world.newId(), { version_name: '0.9.0' });
    const { body } = await rehearse({ version: '1.2.0' });
    expect(body.moves).toMatchObject([{ from: '0.9.0', to: '1.2.0', devices: 1 }]);
    const unchanged = await rehearse({ allow_emulator: false });
    expect(unchanged.body).toMatchObject({
      devices: { moving: 0, pending: 1 },
      pending: [{ from: '0.9.0', to: '1.1.0', devices: 1 }],
    });
    const paused = await rehearse({ android: false });
    expect(paused.body).toMatchObject({ devices: { held_back: 1 }, held_back: [{ from: '0.9.0', to: '1.1.0' }] });
  });

  it('names native versions that are left behind, and codes of refusals', async () => {
    const id = world.newId();
    await world.check(id, { version_name: '1.1.0', version_build: '2.0.0' });
    const { body } = await rehearse({ version: '1.2.0' });
    expect(body).toMatchObject({
      refused: { disable_auto_update_under_native: 1 },
      refused_examples: { disable_auto_update_under_native: [id] },
      left_behind: [
        { platform: 'android', native_version: '2.0.0', code: 'disable_auto_update_under_native', devices: 1 },
      ],
    });
  });

  it('counts apart who was not heard of for long', async () => {
    const [gone, here] = [world.newId(), world.newId()];
    for (const id of [gone, here]) await world.check(id, { version_name: '1.1.0' });
    await world.settle();
    await sql`update devices set seen_at = now() - interval '31 days' where device_id = ${gone}`.execute(
      world.server.database.db,
    );
    const { body } = await rehearse({ version: '1.2.0' });
    expect(body).toMatchObject({ devices: { known: 2, dormant: 1, moving: 2 }, moves: [{ devices: 2, dormant: 1 }] });
  });

  it('says by hour when the checks on record would have met the change', async () => {
    const [asked, before] = [world.newId(), world.newId()];
    for (const id of [asked, before]) await world.check(id, { version_name: '1.1.0' });
    await world.settle();
    const { db } = world.server.database;
    await sql`update stats_events set received_at = now() - interval '30 hours' where device_id = ${before}`.execute(
      db,
    );
    const { body } = await rehearse({ version: '1.2.0' }, { replay_hours: 24 });
    expect(body.replay).toMatchObject({
      checked: 1,
      hours: [{ at: expect.stringMatching(/:00:00\.000Z$/), moves: [{ from: '1.1.0', to: '1.2.0', devices: 1 }] }],
    });
    expect((await rehearse({ version: '1.1.0' })).body).not.toHaveProperty('replay');
  });

  it('counts a large fleet slice by slice, each device once and in its bucket', async () => {
    const count = 20_500;
    const { db } = world.server.database;
    await sql`
      insert into devices (app_id, device_id, platform, plugin_version, version_build, version_name, running_version)
      select ${world.app_id}, md5(n::text)::uuid::text, 'android', '8.51.14', '1.0.0', '1.1.0', '1.1.0'
      from generate_series(1, ${count}::int) n`.execute(db);
    const { body } = await rehearse({ rolloutVersion: '1.2.0', rolloutPercentage: 30, rolloutEnabled: true });
    await post('/channel', { ...place(), rolloutVersion: '1.2.0', rolloutPercentage: 30, rolloutEnabled: true });
    const { rollout_id } = await db
      .selectFrom('channels')
      .select('rollout_id')
      .where('app_id', '=', world.app_id)
      .executeTakeFirstOrThrow();
    const devices = await db.selectFrom('devices').select('device_id').where('app_id', '=', world.app_id).execute();
    const inside = devices.filter(({ device_id }) => rolloutBucketOf(rollout_id, device_id) < 3_000);
    expect(body.devices).toMatchObject({ known: count, moving: inside.length, up_to_date: count - inside.length });
    const [move] = body.moves;
    expect(inside.map(({ device_id }) => device_id)).toEqual(expect.arrayContaining(move.examples));
    expect(new Set(move.examples).size).toBe(move.examples.length);
  });

  it('refuses what the change would be refused for, and fields that nobody knows', async () => {
    expect(await rehearse({ version: '9.9.9' })).toMatchObject({ status: 400, body: { error: 'cannot_find_version' } });
    expect(await rehearse({ vesion: '1.2.0' })).toMatchObject({ status: 400, body: { error: 'invalid_body' } });
    expect(await rehearse({ rolloutPercentage: 101 })).toMatchObject({ body: { error: 'invalid_rollout_percentage' } });
    expect(await post('/rehearse', place())).toMatchObject({ status: 400, body: { error: 'missing_change' } });
  });

  it('shows device ids to nobody who may not read devices', async () => {
    const { db } = world.server.database;
    const { id } = await db
      .selectFrom('channels')
      .select('id')
      .where('app_id', '=', world.app_id)
      .executeTakeFirstOrThrow();
    const value = `one-channel-${world.app_id}`;
    await addKey('upload', value, { limited_to_channels: [id] });
    await world.check(world.newId(), { version_name: '1.1.0' });
    const change = { ...place(), change: { version: '1.2.0' } };
    const { status, body } = await post('/rehearse', change, { authorization: value });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.moves).toMatchObject([{ devices: 1, examples: [] }]);
  });
});

describe('POST /prepare and /commit', () => {
  it('make what was reviewed', async () => {
    const id = world.newId();
    await world.check(id, { version_name: '1.1.0' });
    const { body: prepared } = await prepare('POST /channel', { version: '1.2.0' });
    expect(prepared).toMatchObject({ rehearsal: { moves: [{ from: '1.1.0', to: '1.2.0', devices: 1 }] } });
    const { status, body } = await commit(ticketOf(prepared), 'one');
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({ call: 'POST /channel', answer: { status: 'ok' } });
    expect(await world.check(id, { version_name: '1.1.0' })).toMatchObject({ version: '1.2.0' });
  });

  it.each([
    { call: 'POST /rollback', input: {}, serves: '1.1.0' },
    { call: 'POST /channel', input: { version: '1.1.0' }, serves: '1.1.0' },
    { call: 'POST /channel', input: { allow_dev: false }, serves: '1.2.0' },
  ])('$call $input', async ({ call, input, serves }) => {
    await world.serve('1.2.0');
    const { body: prepared } = await prepare(call, input);
    expect(await served()).toBe('1.2.0');
    expect(await commit(ticketOf(prepared), `${call} ${JSON.stringify(input)} ${world.app_id}`)).toMatchObject({
      status: 200,
      body: { call },
    });
    expect(await served()).toBe(serves);
  });

  it('deletes a channel, and makes one where there was none', async () => {
    const { body: made } = await prepare('POST /channel', { channel: 'beta', version: '1.2.0' });
    expect(made).toMatchObject({
      expected_updated_at: null,
      rehearsal: { channels: [{ channel: 'beta', before: null }] },
    });
    expect(await commit(ticketOf(made), `make ${world.app_id}`)).toMatchObject({ status: 200 });
    const { body: gone } = await prepare('DELETE /channel', { channel: 'beta' });
    expect(gone).toMatchObject({ rehearsal: { channels: [{ channel: 'beta', after: null }] } });
    expect(await commit(ticketOf(gone), `delete ${world.app_id}`)).toMatchObject({ status: 200 });
    expect(await commit(ticketOf(gone), `delete ${world.app_id}`)).toMatchObject({ status: 200 });
  });

  it('is refused when the channel changed meanwhile, and says what it saw, what is, and what was wanted', async () => {
    const ticket = await promotion();
    await world.serve('1.1.0', { allow_dev: false });
    const { status, body } = await commit(ticket, `stale ${world.app_id}`);
    expect({ status, error: body.error }).toEqual({ status: 409, error: 'stale_write' });
    expect(body.moreInfo).toMatchObject({
      channel: 'production',
      saw: { bundle: '1.1.0' },
      is: { bundle: '1.1.0' },
      wanted: { bundle: '1.2.0' },
    });
    expect(body.message).toContain('Wanted: 1.2.0');
    expect(await served()).toBe('1.1.0');
  });

  it('is refused when it would touch a channel that was not reviewed', async () => {
    const { body } = await prepare('POST /channel', { channel: 'beta', public: true });
    const ticket = ticketOf(body);
    await post('/channel', { ...place(), channel: 'gamma', public: true });
    expect(await commit(ticket, `other ${world.app_id}`)).toMatchObject({
      status: 409,
      body: { error: 'stale_write' },
    });
  });

  it('answers the same to who repeats it, and acts once', async () => {
    const ticket = await promotion();
    const key = `repeat ${world.app_id}`;
    const before = await countReleases();
    const first = await commit(ticket, key);
    await world.serve('1.1.0');
    expect(await commit(ticket, key)).toEqual(first);
    expect(await served()).toBe('1.1.0');
    expect(await countReleases()).toBe(before + 2);
    expect(await commit(ticket, `${key} again`)).toMatchObject({ status: 409, body: { error: 'already_committed' } });
    const other = await promotion();
    expect(await commit(other, key)).toMatchObject({ status: 422, body: { error: 'idempotency_key_reused' } });
  });

  it('acts once for many at the same time, at two processes', async () => {
    const second = await startTestServer({}, world.server.database);
    try {
      const ticket = await promotion();
      const before = await countReleases();
      const key = `parallel ${world.app_id}`;
      const answers = await Promise.all(
        [world.server, second, world.server, second, world.server].map((server) => commit(ticket, key, server)),
      );
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(answers[0]).toMatchObject({ status: 200 });
      expect(await countReleases()).toBe(before + 1);
    } finally {
      await second.close();
    }
  });

  it('belongs to who prepared it, ends soon, and is kept as a hash', async () => {
    const ticket = await promotion();
    const { db } = world.server.database;
    await addKey('upload', `other-${world.app_id}`);
    const asOther = { authorization: `other-${world.app_id}`, 'idempotency-key': 'x' };
    expect(await post('/commit', ticket, asOther)).toMatchObject({ status: 404, body: { error: 'unknown_token' } });
    const rows = await db.selectFrom('prepared_changes').selectAll().where('app_id', '=', world.app_id).execute();
    expect(JSON.stringify(rows)).not.toContain(ticket.token);
    expect(await post('/commit', ticket)).toMatchObject({ status: 400, body: { error: 'missing_idempotency_key' } });
    expect(await commit({ ...ticket, expected_updated_at: null }, 'x')).toMatchObject({
      status: 409,
      body: { error: 'stale_write' },
    });
    await db
      .updateTable('prepared_changes')
      .set({ expires_at: new Date() })
      .where('app_id', '=', world.app_id)
      .execute();
    expect(await commit(ticket, `late ${world.app_id}`)).toMatchObject({
      status: 410,
      body: { error: 'token_expired' },
    });
    expect(await served()).toBe('1.1.0');
  });

  it('asks for the right again', async () => {
    const value = `losing-${world.app_id}`;
    await addKey('upload', value);
    const headers = { authorization: value, 'idempotency-key': value };
    const input = { ...place(), version: '1.2.0' };
    const { body } = await post('/prepare', { call: 'POST /channel', input }, headers);
    const { db } = world.server.database;
    await db.updateTable('apikeys').set({ mode: 'read' }).where('key_hash', '=', hashKey(value)).execute();
    expect(await post('/commit', ticketOf(body), headers)).toMatchObject({
      status: 400,
      body: { error: 'cannot_access_app' },
    });
    expect(await served()).toBe('1.1.0');
  });

  it('names the calls that can be prepared', async () => {
    const { status, body } = await post('/prepare', { call: 'POST /app', input: {} });
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_call' });
    expect(body.message).toContain('POST /rollback');
  });
});
