// What keys are limited to: bindings, channels, unknown fields, and lists that must not run empty.

import { expect } from 'vitest';
import type { Db } from '../../../db/database.ts';
import type { Names } from './fixture.ts';
import { channelShows, del, get, int, post, put, saveChannel } from './requests.ts';
import type { Row, Step } from './steps.ts';

const apikey = '/apikey';
const unlimited = { limited_to_orgs: [], limited_to_apps: [], limited_to_channels: [] };

/** Makes a key and keeps its value as `{K}`, its number as `{KID}`. */
const make = (body: object, holds: object = {}): Step => ({
  ...post(apikey, { name: 'k', ...body }, 200, holds),
  keep: { K: 'key', KID: 'id' },
});

/** The same request with the key made before. */
const withKey = (step: Step): Step => ({ ...step, as: null, headers: { authorization: '{K}' } });

async function rowIds(db: Db, names: Names): Promise<void> {
  const query = db.selectFrom('apps').select('id').where('app_id', '=', 'com.other.app');
  names['UUID_B'] = (await query.executeTakeFirstOrThrow()).id;
}

const org = { scope_type: 'org', org_id: '{ORG_A}' };
const app = { scope_type: 'app', org_id: '{ORG_A}', app_id: '{UUID}' };
const channel = { ...app, scope_type: 'channel', channel_id: '{C1}' };
const uploader = { role_name: 'channel_uploader', ...channel };

const promote = (channel_id: string, status: number, holds?: object) =>
  withKey(put('/bundle', { app_id: '{APP}', version_id: '{V2}', channel_id }, status, holds));
const register = (status: number) =>
  withKey(
    post(
      '/bundle',
      { app_id: '{APP}', version: '3.0.0', external_url: 'https://x.test/b.zip', checksum: 'a'.repeat(64) },
      status,
    ),
  );

const invalid = (message: RegExp) => ({ error: 'invalid_bindings', message: expect.stringMatching(message) });

/** [what is bound, what it answers] */
const refusedBindings: [string, object[] | unknown, number, object][] = [
  ['an unknown role', [{ ...app, role_name: 'app_god' }], 400, invalid(/bindings\[0\].*"app_god".*app_uploader/)],
  ['an inherited name', [{ ...app, role_name: 'constructor' }], 400, invalid(/"constructor"/)],
  ['an unknown scope', [{ ...app, role_name: 'app_reader', scope_type: 'team' }], 400, invalid(/"team"/)],
  ['a role of another scope', [{ ...org, role_name: 'app_uploader' }], 400, invalid(/"app_uploader".*scope org/)],
  ['a role that is not ours', [{ ...org, role_name: 'org_billing_admin' }], 400, invalid(/org_billing_admin/)],
  ['an unknown field', [{ ...app, role_name: 'app_reader', expires_at: '2040-01-01' }], 400, invalid(/expires_at/)],
  ['a place below its scope', [{ ...org, role_name: 'org_member', app_id: '{UUID}' }], 400, invalid(/app_id/)],
  [
    'a channel with a role of the app',
    [{ ...channel, scope_type: 'app', role_name: 'app_reader' }],
    400,
    invalid(/channel_id/),
  ],
  ['no place', [{ role_name: 'app_reader', scope_type: 'app', org_id: '{ORG_A}' }], 400, invalid(/app_id is missing/)],
  ['an empty list', [], 400, { error: 'bindings_required' }],
  ['null', null, 400, { error: 'invalid_bindings' }],
  ['no list', { role_name: 'app_reader' }, 400, { error: 'invalid_bindings' }],
  [
    "somebody else's organization",
    [{ ...org, org_id: '{ORG_B}', role_name: 'org_member' }],
    404,
    { error: 'org_not_found' },
  ],
  ["somebody else's app", [{ ...app, app_id: '{UUID_B}', role_name: 'app_reader' }], 404, { error: 'binding_failed' }],
  ['an unknown app', [{ ...app, app_id: 'com.nope.app', role_name: 'app_reader' }], 404, { error: 'binding_failed' }],
  [
    'an unknown channel',
    [{ ...channel, channel_id: 999_999, role_name: 'channel_reader' }],
    404,
    { error: 'channel_not_found' },
  ],
  [
    'two roles in one place',
    [uploader, { ...uploader, role_name: 'channel_reader' }],
    409,
    { error: 'duplicate_binding' },
  ],
];

export const bindingRows: Row[] = [
  ...refusedBindings.map(
    ([title, bindings, status, holds]): Row => ({
      id: `bindings refused, ${title}`,
      title: 'no key is made',
      given: rowIds,
      steps: [post(apikey, { name: 'k', bindings }, status, holds), { ...get(apikey, 200), length: 8 }],
    }),
  ),
  ...(['mode', 'limited_to_apps', 'limited_to_orgs', 'limited_to_channels', 'app_id'] as const).map(
    (name): Row => ({
      id: `bindings beside ${name}`,
      title: 'exclude each other',
      given: rowIds,
      steps: [
        post(
          apikey,
          { name: 'k', bindings: [uploader], [name]: name === 'mode' ? 'all' : name === 'app_id' ? '{UUID}' : ['x'] },
          400,
          invalid(new RegExp(name)),
        ),
      ],
    }),
  ),
  {
    id: 'bindings shown',
    title: 'as they were resolved; mode is null',
    given: rowIds,
    steps: [
      make(
        { bindings: [{ ...uploader, app_id: '{APP}', channel_id: 'production', reason: 'CI' }] },
        {
          mode: null,
          ...unlimited,
          bindings: [{ ...uploader, reason: 'CI' }],
        },
      ),
      get(`${apikey}/{KID}`, 200, { bindings: [uploader] }),
    ],
  },
  {
    id: 'bindings channel_uploader',
    title: 'promotes on its channel, and on no other',
    given: rowIds,
    steps: [
      make({ bindings: [uploader] }),
      promote('{C2}', 400, { error: 'cannot_find_channel' }),
      promote('{C1}', 200),
      withKey(saveChannel('beta', { version: '1.1.0' }, 400, { error: 'cannot_access_app' })),
      withKey({ ...get('/channel?app_id={APP}', 200, [{ name: 'production' }]), length: 1 }),
      withKey(get('/channel?app_id={APP}&channel=beta', 400, { error: 'cannot_find_version' })),
      register(400),
      withKey(get('/device?app_id={APP}', 400, { error: 'cannot_access_app' })),
      withKey({ ...get('/statistics/user?from=2024-01-01&to=2024-01-02', 200), length: 1 }),
    ],
  },
  {
    id: 'bindings app_reader and channel_uploader',
    title: 'each in its place',
    given: rowIds,
    steps: [
      make({ bindings: [{ ...app, role_name: 'app_reader' }, uploader] }),
      withKey({ ...get('/channel?app_id={APP}', 200), length: 2 }),
      withKey(get('/device?app_id={APP}', 200)),
      promote('{C2}', 400, { error: 'cannot_promote_bundle' }),
      promote('{C1}', 200),
    ],
  },
  {
    id: 'bindings of a deleted app',
    title: 'open nothing, also when the app is made anew',
    given: rowIds,
    steps: [
      make({ bindings: [{ ...app, role_name: 'app_admin' }, uploader] }),
      withKey(get('/app/{APP}', 200)),
      del('/app/{APP}', undefined, 200),
      withKey({ ...get('/app', 200), length: 0 }),
      withKey(get('/organization?orgId={ORG_A}', 400, { error: 'invalid_org_id' })),
      withKey({ ...get('/organization', 200), length: 0 }),
      post('/app', { app_id: '{APP}', name: 'Again', owner_org: '{ORG_A}' }, 200),
      post('/channel', { app_id: '{APP}', channel: 'production' }, 200),
      withKey(get('/app/{APP}', 404)),
      withKey({ ...get('/app', 200), length: 0 }),
    ],
  },
  {
    id: 'bindings are kept',
    title: 'a mode or a limit cannot replace them, other bindings can',
    given: rowIds,
    steps: [
      make({ bindings: [uploader] }),
      put(`${apikey}/{KID}`, { mode: 'all' }, 400, invalid(/mode/)),
      put(`${apikey}/{KID}`, { limited_to_apps: ['{APP}'] }, 400, invalid(/limited_to_apps/)),
      put(`${apikey}/{KID}`, { bindings: [] }, 400, { error: 'bindings_required' }),
      put(`${apikey}/{KID}`, { name: 'n' }, 200, { mode: null, bindings: [uploader] }),
      put(`${apikey}/{KID}`, { bindings: [{ ...channel, role_name: 'channel_reader' }] }, 200, { mode: null }),
      promote('{C1}', 400, { error: 'cannot_access_app' }),
    ],
  },
  {
    id: 'bindings replace a mode',
    title: 'and its limits',
    given: rowIds,
    steps: [
      make({ mode: 'all', limited_to_apps: ['{APP}'] }),
      put(`${apikey}/{KID}`, { bindings: [uploader] }, 200, { mode: null, ...unlimited, bindings: [uploader] }),
      withKey(put('/app/{APP}', { name: 'x' }, 401)),
    ],
  },
  {
    id: 'bindings with org.create',
    title: 'the key rules what it made, and nothing else',
    given: rowIds,
    steps: [
      make({ bindings: [uploader], global_permissions: ['org.create'] }),
      { ...withKey(post('/organization', { name: 'Made' }, 200)), keep: { MADE: 'id' } },
      withKey(put('/organization', { orgId: '{MADE}', name: 'Made anew' }, 200)),
      withKey(put('/organization', { orgId: '{ORG_A}', name: 'x' }, 400, { error: 'cannot_access_organization' })),
    ],
  },
];

export const limitRows: Row[] = [
  {
    id: 'channel limit',
    title: 'an upload key of one channel brings a bundle and puts it there, nothing more',
    steps: [
      make(
        { mode: 'upload', limited_to_apps: ['{APP}'], limited_to_channels: ['production'] },
        {
          limited_to_channels: ['{C1}'],
        },
      ),
      register(200),
      promote('{C2}', 400, { error: 'cannot_find_channel' }),
      promote('{C1}', 200),
      withKey(saveChannel('new', { version: '1.1.0' }, 400, { error: 'cannot_access_app' })),
      withKey(post('/bundle/metadata', { app_id: '{APP}', version_id: '{V1}', comment: 'x' }, 400)),
      withKey(post('/push/release', { app_id: '{APP}', channel: 'beta' }, 400, { error: 'cannot_find_channel' })),
      withKey(get('/push/app?app_id={APP}', 400)),
    ],
  },
  {
    id: 'channel limit, default',
    title: 'a channel cannot take the place of the default from one that the key may not change',
    steps: [
      make({ mode: 'write', limited_to_channels: ['{C2}'] }),
      withKey(saveChannel('beta', { allow_emulator: false })),
      withKey(saveChannel('beta', { public: true }, 400, { error: 'cannot_publish_channel' })),
      channelShows('production', { public: true }),
    ],
  },
  {
    id: 'channel limit, device',
    title: 'a device is not taken from a channel that the key does not know',
    steps: [
      saveChannel('gamma', {}),
      post('/device', { app_id: '{APP}', device_id: 'taken', channel: 'gamma' }, 200),
      make({ mode: 'write', limited_to_channels: ['{C2}'] }),
      withKey(post('/device', { app_id: '{APP}', device_id: 'free', channel: 'beta' }, 200)),
      withKey(
        post('/device', { app_id: '{APP}', device_id: 'taken', channel: 'beta' }, 400, {
          error: 'cannot_access_channel',
        }),
      ),
      withKey(
        post('/device', { app_id: '{APP}', device_id: 'other', channel: 'gamma' }, 404, { error: 'channel_not_found' }),
      ),
    ],
  },
  {
    id: 'channel limit, gone',
    title: 'a deleted channel opens nothing, also when its name is used again',
    steps: [
      make({ mode: 'all', limited_to_channels: ['{C2}'] }),
      withKey(get('/app/{APP}', 200)),
      del('/channel', { app_id: '{APP}', channel: 'beta' }, 200),
      saveChannel('beta', {}),
      withKey(get('/app/{APP}', 404)),
      withKey({ ...get('/app', 200), length: 0 }),
      withKey(get('/organization?orgId={ORG_A}', 400)),
      withKey(get('/apikey', 401, { error: 'cannot_list_apikeys' })),
    ],
  },
  {
    id: 'app limit, gone',
    title: 'a key of a deleted app opens nothing',
    steps: [
      make({ mode: 'all', limited_to_apps: ['{APP}'] }),
      del('/app/{APP}', undefined, 200),
      withKey({ ...get('/app', 200), length: 0 }),
      withKey({ ...get('/organization', 200), length: 0 }),
      withKey(get('/apikey', 401)),
    ],
  },
  ...[
    [{ limited_to_channels: ['beta'] }, 400, 'invalid_limited_to_channels'],
    [{ limited_to_channels: ['nope'], limited_to_apps: ['{APP}'] }, 404, 'channel_not_found'],
    [{ limited_to_channels: [999_999] }, 404, 'channel_not_found'],
    [{ limited_to_channels: 'beta' }, 400, 'invalid_body'],
    [{ org_id: '' }, 404, 'org_not_found'],
    [{ app_id: '' }, 404, 'app_not_found'],
    [{ expires_at: '' }, 400, 'invalid_expiration_date'],
    [{ app_id: '{UUID_B}' }, 404, 'app_not_found'],
  ].map(
    ([body, status, error]): Row => ({
      id: `limit not understood ${JSON.stringify(body)}`,
      title: 'makes no key',
      given: rowIds,
      steps: [
        { ...post(apikey, { name: 'k', ...(body as object) }, status as number, { error }), lacks: ['key'] },
        { ...get(apikey, 200), length: 8 },
      ],
    }),
  ),
  {
    id: 'limit emptied',
    title: 'an empty list is no way to lift a limit; null is',
    steps: [
      make({ mode: 'read', limited_to_apps: ['{APP}'], limited_to_channels: ['beta'] }),
      put(`${apikey}/{KID}`, { limited_to_channels: [] }, 400, { error: 'limit_cannot_be_emptied' }),
      put(`${apikey}/{KID}`, { limited_to_apps: [] }, 400, { error: 'limit_cannot_be_emptied' }),
      put(`${apikey}/{KID}`, { limited_to_orgs: [], name: 'x' }, 200, { limited_to_apps: ['{APP}'] }),
      put(`${apikey}/{KID}`, { limited_to_channels: ['production'] }, 200, { limited_to_channels: ['{C1}'] }),
      put(`${apikey}/{KID}`, { limited_to_channels: null }, 200, {
        limited_to_channels: [],
        limited_to_apps: ['{APP}'],
      }),
    ],
  },
  {
    id: 'key id shown',
    title: 'a key without limits says so',
    steps: [make({ mode: 'read' }, { id: int, bindings: null, ...unlimited })],
  },
];
