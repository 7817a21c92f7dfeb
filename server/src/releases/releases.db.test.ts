// What single requests cannot show: bundles made of uploaded bytes, complete deletion, and writers at the same time.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { APP, addBundle, buildFixture, keyValue, type Names } from '../doors/manage/testing/fixture.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { makeZip } from '../testing/zip-maker.ts';

let server: TestServer;
let names: Names;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  names = await buildFixture(server.database.db);
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object, key = 'ALL') {
  const response = await server.app.inject({
    method,
    url,
    headers: { authorization: keyValue(key) },
    ...(body && { payload: JSON.stringify(body) }),
  });
  return { status: response.statusCode, body: response.json() };
}

async function upload(bytes: Buffer, kind: 'zip' | 'encrypted' | 'file'): Promise<string> {
  const hash = sha256(bytes);
  const response = await server.app.inject({
    method: 'PUT',
    url: `/files/upload?app_id=${APP}&kind=${kind}&sha256=${hash}`,
    headers: { authorization: keyValue('UPLOAD'), 'content-type': 'application/octet-stream' },
    payload: bytes,
  });
  expect(response.json()).toMatchObject({ sha256: hash });
  return hash;
}

const zip = (text = 'hello') => makeZip([{ name: 'index.html', content: text }]);

describe('bundles of uploaded bytes', () => {
  test('a clear zip brings its checksum, CRC and size along', async () => {
    const bytes = zip();
    const hash = await upload(bytes, 'zip');
    const created = await call('POST', '/bundle', { app_id: APP, version: '2.0.0', upload: hash }, 'UPLOAD');
    expect(created).toMatchObject({
      status: 200,
      body: {
        bundle: {
          checksum: hash,
          crc32: crc32(bytes).toString(16).padStart(8, '0'),
          size: bytes.length,
          storage_provider: 'r2',
          external_url: null,
        },
      },
    });
    const today = new Date().toISOString().slice(0, 10);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const series = await call('GET', `/statistics/app/${APP}?from=${today}&to=${tomorrow}`);
    expect(series.body).toMatchObject([{ storage: bytes.length }]);
    await call('DELETE', '/bundle', { app_id: APP, version: '2.0.0' });
    expect((await call('GET', `/statistics/app/${APP}?from=${today}&to=${tomorrow}`)).body).toMatchObject([
      { storage: 0 },
    ]);
  });

  test('a checksum that is not that of the zip is refused', async () => {
    const hash = await upload(zip(), 'zip');
    const wrong = await call('POST', '/bundle', {
      app_id: APP,
      version: '2.0.0',
      upload: hash,
      checksum: 'a'.repeat(64),
    });
    expect(wrong).toMatchObject({ status: 400, body: { error: 'checksum_mismatch' } });
  });

  test('encrypted bytes need the checksum that devices verify', async () => {
    const encrypted = await upload(Buffer.from('ciphertext'), 'encrypted');
    const bundle = { app_id: APP, version: '2.0.0', upload: encrypted, session_key: 'aXY=:a2V5' };
    expect(await call('POST', '/bundle', bundle)).toMatchObject({ status: 400, body: { error: 'missing_checksum' } });
    expect(
      await call('POST', '/bundle', { ...bundle, checksum: 'v3', checksum_v2: 'v2', crc32: '9F86D081' }),
    ).toMatchObject({
      status: 200,
      body: { bundle: { checksum: 'v3', checksum_v2: 'v2', crc32: '9f86d081' } },
    });
  });

  test('a manifest is kept file by file', async () => {
    const files = await Promise.all(
      ['a', 'b'].map(async (text) => ({ text, sha256: await upload(Buffer.from(text), 'file') })),
    );
    const manifest = files.map(({ text, sha256: hash }) => ({
      file_name: `${text}.js`,
      file_hash: hash,
      sha256: hash,
      size: 1,
    }));
    const created = await call('POST', '/bundle', { app_id: APP, version: '2.0.0', manifest });
    expect(created).toMatchObject({ status: 200, body: { bundle: { manifest_count: 2, size: 2 } } });
    expect((await call('GET', `/app/${APP}`)).body.manifest_bundle_count).toBe(1);
  });

  test.each(['../x.js', '/x.js', 'a//b.js', 'a\\b.js', 'C:/x.js', './x.js', `${'語'.repeat(341)}.js`])(
    'a manifest path %s leaves the bundle, or is too long',
    async (file_name) => {
      const hash = await upload(Buffer.from('a'), 'file');
      const manifest = [{ file_name, file_hash: hash, sha256: hash, size: 1 }];
      expect(await call('POST', '/bundle', { app_id: APP, version: '2.0.0', manifest })).toMatchObject({
        status: 400,
        body: { error: 'invalid_manifest' },
      });
      expect(await call('GET', `/bundle?app_id=${APP}`)).toMatchObject({
        body: [{ name: '1.1.0' }, { name: '1.0.0' }],
      });
    },
  );
});

/** Every table that can hold something of an app, whoever added it. */
async function tablesWith(column: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.table_name as name from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'public' and c.column_name = ${column} and t.table_type = 'BASE TABLE'
      and c.table_name not in ('deleted_apps', 'audit_logs', 'audit_heads', 'deleted_orgs')`.execute(
    server.database.db,
  );
  return rows.map(({ name }) => name);
}

async function rowsLeft(column: string, value: string): Promise<Record<string, number>> {
  const left: Record<string, number> = {};
  for (const table of await tablesWith(column)) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.table(table)} where ${sql.ref(column)}::text = ${value}`.execute(
      server.database.db,
    );
    if (rows[0]!.count > 0) left[table] = rows[0]!.count;
  }
  return left;
}

async function blobsOf(app_uuid: string): Promise<number> {
  let count = 0;
  for await (const _ of server.parts.blobs.list(`${app_uuid}/`)) count++;
  return count;
}

describe('deleting is complete', () => {
  let app_uuid: string;

  beforeEach(async () => {
    app_uuid = (await call('GET', `/app/${APP}`)).body.id;
    await call('POST', '/bundle', { app_id: APP, version: '2.0.0', upload: await upload(zip(), 'zip') });
    await call('PUT', '/bundle', { app_id: APP, version_id: names['V2'], channel_id: names['C1'] });
    await call('POST', '/device', { app_id: APP, device_id: names['D1'], channel: 'beta' });
    const report = { app_id: APP, device_id: names['D1'], action: 'set', platform: 'android', version_name: '1.0.0' };
    const reported = await server.app.inject({
      method: 'POST',
      url: '/stats',
      payload: {
        ...report,
        plugin_version: '7.4.0',
        version_build: '1.0.0',
        version_os: '14',
        is_prod: true,
        is_emulator: false,
      },
    });
    expect(reported.statusCode).toBe(200);
  });

  test('an app leaves no row and no byte', async () => {
    expect(Object.keys(await rowsLeft('app_id', APP)).sort()).toEqual(
      expect.arrayContaining([
        'apps',
        'bundles',
        'channels',
        'channel_devices',
        'deploy_history',
        'devices',
        'storage_daily',
      ]),
    );
    expect(await blobsOf(app_uuid)).toBe(1);
    await call('DELETE', `/app/${APP}`);
    expect(await rowsLeft('app_id', APP)).toEqual({});
    expect(await rowsLeft('app_uuid', app_uuid)).toEqual({});
    expect(await blobsOf(app_uuid)).toBe(0);
  });

  test('an organization takes its apps along', async () => {
    const org = String(names['ORG_A']);
    await call('DELETE', '/organization', { orgId: org });
    expect(await rowsLeft('app_id', APP)).toEqual({});
    expect(await rowsLeft('org_id', org)).toEqual({});
    expect(await rowsLeft('owner_org', org)).toEqual({});
    expect(await blobsOf(app_uuid)).toBe(0);
    const [last] = await server.database.db
      .selectFrom('audit_logs')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(1)
      .execute();
    expect(last).toMatchObject({ table_name: 'orgs', operation: 'DELETE' });
  });
});

describe('writers at the same time', () => {
  test('channel settings of many writers are all kept', async () => {
    const settings = [
      { ios: false },
      { allow_dev: false },
      { allow_prod: false },
      { disableAutoUpdate: 'minor' },
      { rolloutCacheTtlSeconds: 60 },
      { autoPauseEnabled: true },
      { version: '1.1.0' },
    ];
    const answers = await Promise.all(
      settings.map((setting) => call('POST', '/channel', { app_id: APP, channel: 'beta', ...setting })),
    );
    expect(answers.map(({ status }) => status)).toEqual(settings.map(() => 200));
    const { version, ...shown } = Object.assign({}, ...settings);
    expect((await call('GET', `/channel?app_id=${APP}&channel=beta`)).body).toMatchObject({
      ...shown,
      version: { name: version },
    });
  });

  test('of two that publish, one is the default channel', async () => {
    await Promise.all(
      ['production', 'beta', 'production', 'beta'].map((channel) =>
        call('POST', '/channel', { app_id: APP, channel, public: true }),
      ),
    );
    const channels = (await call('GET', `/channel?app_id=${APP}`)).body as { public: boolean }[];
    expect(channels.filter((channel) => channel.public)).toHaveLength(1);
  });

  test('one app id, one version, one winner each', async () => {
    const app = { app_id: 'com.race.app', name: 'Race', owner_org: names['ORG_A'] };
    const apps = await Promise.all([1, 2, 3].map(() => call('POST', '/app', app)));
    expect(apps.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const bundle = { app_id: APP, version: '7.0.0', external_url: 'https://x.test/b.zip', checksum: 'c' };
    const bundles = await Promise.all([1, 2, 3].map(() => call('POST', '/bundle', bundle)));
    expect(bundles.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
  });

  test('a bundle is never deleted and released at once', async () => {
    for (let turn = 0; turn < 5; turn++) {
      const version_id = await addBundle(server.database.db, APP, `8.0.${turn}`, new Date());
      const [released, deleted] = await Promise.all([
        call('PUT', '/bundle', { app_id: APP, version_id, channel_id: names['C2'] }),
        call('DELETE', '/bundle', { app_id: APP, version: `8.0.${turn}` }),
      ]);
      expect([released.status, deleted.status].sort()).toEqual([200, 400]);
    }
  });

  test('two super admins cannot remove each other', async () => {
    await server.database.db.updateTable('org_users').set({ user_right: 'super_admin' }).execute();
    const remove = (email: string, key: string) =>
      call('DELETE', '/organization/members', { orgId: names['ORG_A'], email }, key);
    const answers = await Promise.all([remove('u3@example.test', 'ALL'), remove('u1@example.test', 'KEY3')]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('the audit log has one chain, whoever writes', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, at) => call('PUT', `/app/${APP}`, { name: `Name ${at}` })));
    const audit = (await call('GET', `/organization/audit?orgId=${names['ORG_A']}`)).body;
    expect(audit).toMatchObject({ total: 12, chain: { valid: true, checked: 12 } });
  });
});

describe('the audit log shows every tampering', () => {
  const rewrite = async (statement: string) => {
    const { db } = server.database;
    await sql`alter table audit_logs disable trigger append_only`.execute(db);
    await sql.raw(statement).execute(db);
    await sql`alter table audit_logs enable trigger append_only`.execute(db);
  };
  const chain = async () => (await call('GET', `/organization/audit?orgId=${names['ORG_A']}&limit=1`)).body.chain;

  beforeEach(async () => {
    for (const name of ['a', 'b', 'c']) await call('PUT', `/app/${APP}`, { name });
  });

  test.each([
    [
      'a changed entry',
      `update audit_logs set new_record = '{"name":"x"}' where id = (select min(id) from audit_logs)`,
    ],
    ['a changed actor', `update audit_logs set actor_user_email = 'x' where id = (select max(id) from audit_logs)`],
    ['a removed first entry', 'delete from audit_logs where id = (select min(id) from audit_logs)'],
    ['a removed middle entry', 'delete from audit_logs where id = (select min(id) + 1 from audit_logs)'],
    ['a removed last entry', 'delete from audit_logs where id = (select max(id) from audit_logs)'],
    [
      'an end cut off together with its head',
      `with cut as (delete from audit_logs where id = (select max(id) from audit_logs) returning org_id, previous_hash)
       update audit_heads h set last_hash = cut.previous_hash, last_id = h.last_id - 1 from cut where cut.org_id = h.org_id`,
    ],
    ['a removed head', 'delete from audit_heads'],
  ])('%s', async (_what, statement) => {
    expect(await chain()).toMatchObject({ valid: true, checked: 3, keyed: 3, plain: 0, broken_at: null, reason: null });
    await rewrite(statement);
    expect(await chain()).toMatchObject({ valid: false });
  });

  test('and the database itself refuses to change it', async () => {
    await expect(sql`update audit_logs set actor_ip = 'x'`.execute(server.database.db)).rejects.toThrow('append-only');
    await expect(sql`delete from audit_logs`.execute(server.database.db)).rejects.toThrow('append-only');
  });
});
