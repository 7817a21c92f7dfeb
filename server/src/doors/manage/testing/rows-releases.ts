// Conformance rows of the management API: apps, bundles, channels (docs/protocol/management.md §11).

import { expect } from 'vitest';
import { addBundle } from './fixture.ts';
import { as, channelShows, del, get, int, post, put, saveChannel, uuid } from './requests.ts';
import type { Row } from './steps.ts';

const created = { app_id: 'com.new.app', name: 'New', owner_org: '{ORG_A}' };
const external = {
  app_id: '{APP}',
  version: '2.0.0',
  external_url: 'https://x.test/b.zip',
  checksum: 'b'.repeat(64),
};
const app = '/app/com.demo.app';
const unknownApp = { error: 'App not found', status: 'KO', code: 'cannot_find_app' };
const rollout = saveChannel('production', { rolloutVersion: '1.1.0', rolloutPercentage: 5, rolloutEnabled: true });

const rollBack = (status: number, holds: object) =>
  post('/rollback', { app_id: '{APP}', channel: 'production' }, status, holds);
const answerGuard = (answer: string, status: number, holds: object) =>
  post('/release/guard', { app_id: '{APP}', release_id: '{R1}', answer }, status, holds);

export const appRows: Row[] = [
  {
    id: '18',
    title: 'the list holds own apps only',
    steps: [
      {
        ...get('/app/', 200, {
          data: [
            {
              app_id: 'com.demo.app',
              name: 'Demo App',
              owner_org: '{ORG_A}',
              retention: 2592000,
              transfer_history: null,
            },
          ],
        }),
        length: 1,
      },
    ],
  },
  {
    id: '20',
    title: 'org_id keeps the apps of one organization',
    steps: [{ ...get('/app/?org_id={ORG_A}', 200), holds: { data: [{ owner_org: '{ORG_A}' }] } }],
  },
  {
    id: '21',
    title: 'a foreign organization has its own sentence',
    steps: [
      get('/app/?org_id={ORG_B}', 400, {
        status: 'You do not have access to this organization',
        code: 'user_does_not_have_access_to_this_organization',
      }),
    ],
  },
  {
    id: '22',
    title: 'the second page of three apps holds one',
    steps: [
      post('/app', { ...created, app_id: 'com.new.a' }, 200),
      post('/app', { ...created, app_id: 'com.new.b' }, 200),
      { ...get('/app/?limit=2&page=1', 200), length: 1 },
      { ...get('/app/?limit=two&page=x', 200), length: 3 },
    ],
  },
  { id: '24', title: 'one app, bare', steps: [get(app, 200, { app_id: 'com.demo.app', name: 'Demo App' })] },
  { id: '25', title: 'a trailing slash changes nothing', steps: [get(`${app}/`, 200, { app_id: 'com.demo.app' })] },
  {
    id: '26',
    title: 'unknown and unreadable apps look alike',
    steps: [
      {
        ...get('/app/com.nope.app', 404),
        equals: { ...unknownApp, message: 'Cannot find app', moreInfo: { app_id: 'com.nope.app' } },
      },
      {
        ...get('/app/com.other.app', 404),
        equals: { ...unknownApp, message: 'Cannot find app', moreInfo: { app_id: 'com.other.app' } },
      },
    ],
  },
  { id: '28', title: 'an id must be a reverse domain', steps: [get('/app/notanid', 400, { code: 'invalid_app_id' })] },
  {
    id: '29',
    title: 'a new app has the documented defaults',
    steps: [
      post('/app/', created, 200, {
        ...created,
        id: uuid,
        icon_url: '',
        retention: 2592000,
        default_upload_channel: 'dev',
        last_version: null,
        transfer_history: null,
      }),
    ],
  },
  {
    id: '30',
    title: 'an absolute icon is kept',
    steps: [
      post('/app', { ...created, icon: 'https://example.com/icon.png' }, 200, {
        icon_url: 'https://example.com/icon.png',
      }),
    ],
  },
  { id: '32', title: 'app_id is needed', steps: [post('/app', { name: 'x' }, 400, { code: 'missing_app_id' })] },
  {
    id: '33',
    title: 'app_id is checked',
    steps: [post('/app', { ...created, app_id: 'invalid-app-id' }, 400, { code: 'invalid_app_id' })],
  },
  {
    id: '34',
    title: 'name is needed',
    steps: [
      post('/app', { app_id: 'com.new.app', owner_org: '{ORG_A}' }, 400, {
        error: 'Invalid app configuration',
        status: 'KO',
        code: 'missing_name',
      }),
    ],
  },
  {
    id: '36',
    title: 'no app in a foreign organization',
    steps: [
      post('/app', { ...created, owner_org: '{ORG_B}' }, 403, {
        status: 'You do not have access to this organization',
        code: 'cannot_access_organization',
      }),
    ],
  },
  {
    id: '37',
    title: 'a body that is not JSON',
    steps: [post('/app', 'not json', 400, { code: 'invalid_json_parse_body' })],
  },
  {
    id: '38',
    title: 'tags leave names',
    steps: [post('/app', { ...created, name: '<b>Hi</b> you' }, 200, { name: 'Hi you' })],
  },
  {
    id: '39',
    title: 'a duplicate id',
    steps: [
      post('/app', { ...created, app_id: 'com.demo.app' }, 409, {
        error: 'Custom ID already in use',
        code: 'app_id_already_exists',
        moreInfo: { app_id: 'com.demo.app' },
      }),
    ],
  },
  {
    id: '40',
    title: 'an update changes only what it names',
    steps: [
      put(app, { retention: 45, name: 'New' }, 200, { retention: 45 }),
      put(app, { name: 'Only' }, 200, { name: 'Only', retention: 45 }),
    ],
  },
  {
    id: '41',
    title: 'the largest retention',
    steps: [
      put(app, { retention: 63113904 }, 400, { code: 'retention_to_big' }),
      put(app, { retention: 63113903 }, 200),
    ],
  },
  {
    id: '42',
    title: 'the smallest retention',
    steps: [put(app, { retention: -1 }, 400, { code: 'retention_to_small' })],
  },
  { id: '44', title: 'an empty update', steps: [put(app, {}, 400, { code: 'invalid_json_parse_body' })] },
  {
    id: '45',
    title: 'an update without a known field',
    steps: [put(app, { owner_org: 'x' }, 400, { code: 'cannot_update_app' })],
  },
  { id: '46', title: 'an update of an unknown app', steps: [put('/app/com.nope.app', { name: 'x' }, 404, unknownApp)] },
  {
    id: '48',
    title: 'deleting takes everything',
    steps: [
      { ...del(app, undefined, 200), equals: { status: 'ok' } },
      get(app, 404, unknownApp),
      get('/bundle?app_id={APP}', 400, { error: 'cannot_get_bundle' }),
      post('/app', { ...created, app_id: 'com.demo.app' }, 200),
      get('/channel?app_id={APP}', 200, []),
      get('/device?app_id={APP}', 200, { data: [], hasMore: false }),
    ],
  },
  { id: '49', title: 'deleting twice', steps: [del(app, undefined, 200), del(app, undefined, 404, unknownApp)] },
  {
    id: '50',
    title: 'a reader cannot delete',
    steps: [
      as(
        'KEY3',
        del(app, undefined, 400, { error: 'Insufficient permissions to manage app', code: 'cannot_delete_app' }),
      ),
      get(app, 200),
    ],
  },
  {
    id: 'stale',
    title: 'a write that was decided on an older state is refused',
    steps: [
      { ...get(app, 200), keep: { READ_AT: 'updated_at' } },
      put(app, { name: 'First', expected_updated_at: '{READ_AT}' }, 200),
      put(app, { name: 'Second', expected_updated_at: '{READ_AT}' }, 409, { code: 'stale_write' }),
    ],
  },
];

export const bundleRows: Row[] = [
  {
    id: '52',
    title: 'newest first',
    steps: [get('/bundle/?app_id={APP}', 200, [{ id: '{V2}', name: '1.1.0', deleted: false }, { id: '{V1}' }])],
  },
  {
    id: '53',
    title: 'nothing to show is an error',
    steps: [
      post('/app', created, 200),
      get('/bundle?app_id=com.new.app', 400, { error: 'cannot_get_bundle', message: 'Cannot get bundle' }),
    ],
  },
  { id: '54', title: 'app_id is needed', steps: [get('/bundle', 400, { error: 'missing_app_id' })] },
  {
    id: '56',
    title: 'pages of fifty',
    async given(db) {
      for (let patch = 0; patch < 58; patch++)
        await addBundle(db, 'com.demo.app', `5.0.${patch}`, '2024-02-01T00:00:00Z');
    },
    steps: [
      { ...get('/bundle?app_id={APP}&page=1', 200), length: 10 },
      get('/bundle?app_id={APP}&page=2', 400, { error: 'cannot_get_bundle' }),
    ],
  },
  {
    id: '57',
    title: 'a bundle elsewhere',
    steps: [
      post('/bundle', external, 200, {
        status: 'success',
        bundle: {
          name: '2.0.0',
          external_url: 'https://x.test/b.zip',
          storage_provider: 'external',
          deleted: false,
          session_key: null,
        },
      }),
      get(app, 200, { last_version: '2.0.0' }),
    ],
  },
  {
    id: '58',
    title: 'encryption fields are echoed',
    steps: [
      post('/bundle', { ...external, session_key: 'aXY=:a2V5', key_id: 'abcd' }, 200, {
        bundle: { session_key: 'aXY=:a2V5', key_id: 'abcd' },
      }),
    ],
  },
  ...(['version', 'external_url', 'checksum'] as const).map((field) => ({
    id: `60 ${field}`,
    title: `${field} is needed`,
    steps: [
      post('/bundle', { ...external, [field]: undefined }, 400, {
        error: `missing_${field}`,
        message: `Missing required fields: ${field}`,
      }),
    ],
  })),
  {
    id: '61',
    title: 'https only',
    steps: [post('/bundle', { ...external, external_url: 'http://x.test/b.zip' }, 400, { error: 'invalid_protocol' })],
  },
  ...['v1.2.3', '1.2', '1.2.3.4', '01.0.0', ' 1.0.0', '1.0.0-01', '1.0.0+', 'latest', '^1.0.0'].map((version) => ({
    id: `62 ${JSON.stringify(version)}`,
    title: 'is no version',
    steps: [post('/bundle', { ...external, version }, 400, { error: 'invalid_version_format' })],
  })),
  ...[
    ['1.0.9007199254740992', 'at most 9007199254740991'],
    ['9007199254740992.0.0', 'at most 9007199254740991'],
    ['1.99999999999999999999.0-beta.1', 'at most 9007199254740991'],
    [`1.0.0-${'x'.repeat(251)}`, 'at most 256 characters'],
    [`1.0.0+${'7'.repeat(300)}`, 'at most 256 characters'],
  ].map(([version, reason]) => ({
    id: `62 ${version?.slice(0, 40)}`,
    title: `no program can compare it: ${reason}`,
    steps: [
      post('/bundle', { ...external, version }, 400, {
        error: 'invalid_version_format',
        message: expect.stringContaining(reason as string),
      }),
      post('/bundle', { ...external, version: '2.0.0', min_update_version: version }, 400, {
        error: 'invalid_min_update_version',
        message: expect.stringContaining(reason as string),
      }),
    ],
  })),
  {
    id: '62 least',
    title: 'the least native version is a version too, wherever it is given',
    steps: [
      post('/bundle', { ...external, version: '2.0.0', min_update_version: 'v1' }, 400, {
        error: 'invalid_min_update_version',
      }),
      post(
        '/bundle/metadata',
        { app_id: '{APP}', version_id: '{V1}', min_update_version: '1.0.9007199254740992' },
        400,
        {
          error: 'invalid_min_update_version',
          message: expect.stringContaining('at most 9007199254740991'),
        },
      ),
      post('/bundle', { ...external, version: '9007199254740991.9007199254740991.9007199254740991' }, 200),
      post('/bundle', { ...external, version: '3.0.0-20261127013139123.1' }, 200),
      post('/bundle', { ...external, version: `3.0.0-${'x'.repeat(250)}` }, 200),
    ],
  },
  {
    id: '63',
    title: 'a version twice',
    steps: [
      post('/bundle', { ...external, version: '1.0.0' }, 400, {
        error: 'version_already_exists',
        moreInfo: { version: '1.0.0' },
      }),
    ],
  },
  {
    id: '64',
    title: 'a bundle of an unknown app',
    steps: [
      post('/bundle', { ...external, app_id: 'com.nope.app' }, 400, {
        error: 'cannot_create_bundle',
        message: "You can't access this app",
      }),
    ],
  },
  {
    id: '65',
    title: 'an organization that wants encryption',
    steps: [
      put('/organization', { orgId: '{ORG_A}', enforce_encrypted_bundles: true }, 200),
      post('/bundle', external, 400, { error: 'encryption_required' }),
      post('/bundle', { ...external, session_key: 'aXY=:a2V5' }, 200),
    ],
  },
  {
    id: '66',
    title: 'and a certain key',
    steps: [
      put(
        '/organization',
        { orgId: '{ORG_A}', enforce_encrypted_bundles: true, required_encryption_key: 'MIIBCgKCAQEA12345678' },
        200,
      ),
      post('/bundle', { ...external, session_key: 'aXY=:a2V5' }, 400, { error: 'encryption_key_required' }),
      post('/bundle', { ...external, session_key: 'aXY=:a2V5', key_id: 'other' }, 400, {
        error: 'encryption_key_mismatch',
      }),
      post('/bundle', { ...external, session_key: 'aXY=:a2V5', key_id: 'MIIBCgKCAQEA12345678' }, 200),
    ],
  },
  {
    id: '68',
    title: 'channel_id is needed',
    steps: [put('/bundle', { app_id: '{APP}', version_id: '{V1}' }, 400, { error: 'missing_required_fields' })],
  },
  {
    id: '69',
    title: 'the version is looked up first',
    steps: [
      put('/bundle', { app_id: '{APP}', version_id: 999999, channel_id: 999999 }, 400, {
        error: 'cannot_find_version',
      }),
    ],
  },
  {
    id: '70',
    title: 'then the channel',
    steps: [
      put('/bundle', { app_id: '{APP}', version_id: '{V1}', channel_id: 999999 }, 400, {
        error: 'cannot_find_channel',
      }),
    ],
  },
  {
    id: '71',
    title: 'a bundle goes to a channel',
    steps: [
      {
        ...put('/bundle', { app_id: '{APP}', version_id: '{V2}', channel_id: '{C1}' }, 200),
        equals: { status: 'success', message: 'Bundle 1.1.0 set to channel production' },
      },
      channelShows('production', { version: { id: '{V2}', name: '1.1.0' } }),
    ],
  },
  {
    id: '72',
    title: 'metadata',
    steps: [
      {
        ...post(
          '/bundle/metadata',
          { app_id: '{APP}', version_id: '{V1}', link: 'https://x.test/r', comment: 'c' },
          200,
        ),
        equals: { status: 'ok' },
      },
      get('/bundle?app_id={APP}', 200, [{ link: null }, { link: 'https://x.test/r', comment: 'c' }]),
    ],
  },
  {
    id: '73',
    title: 'metadata without a field',
    steps: [post('/bundle/metadata', { app_id: '{APP}', version_id: '{V1}' }, 400, { error: 'no_fields_to_update' })],
  },
  {
    id: '74',
    title: 'metadata of an unknown version',
    steps: [post('/bundle/metadata', { app_id: '{APP}', version_id: 999999 }, 400, { error: 'cannot_find_version' })],
  },
  {
    id: '76',
    title: 'a bundle in use names its channel',
    steps: [
      del('/bundle', { app_id: '{APP}', version: '1.0.0' }, 400, {
        error: 'cannot_delete_linked_version',
        moreInfo: { channels: ['production'] },
      }),
    ],
  },
  {
    id: '77',
    title: 'an unknown version',
    steps: [del('/bundle', { app_id: '{APP}', version: '9.9.9' }, 400, { error: 'cannot_delete_version' })],
  },
  {
    id: '78',
    title: 'without a version all unused go',
    steps: [
      del('/bundle?app_id=com.demo.app', undefined, 200),
      { ...get('/bundle?app_id={APP}', 200, [{ id: '{V1}' }]), length: 1 },
    ],
  },
  {
    id: '79',
    title: 'the name of a deleted bundle stays taken',
    steps: [
      del('/bundle', { app_id: '{APP}', version: '1.1.0' }, 200),
      post('/bundle', { ...external, version: '1.1.0' }, 400, { error: 'cannot_create_bundle' }),
    ],
  },
  {
    id: 'upload',
    title: 'bytes that were never uploaded',
    steps: [
      post('/bundle', { app_id: '{APP}', version: '3.0.0', upload: 'c'.repeat(64) }, 400, {
        error: 'upload_not_found',
        moreInfo: { missing: ['c'.repeat(64)] },
      }),
    ],
  },
];

export const channelRows: Row[] = [
  {
    id: 'rollback of a rollout',
    title: 'takes the right that ending one in POST /channel takes',
    steps: [
      rollout,
      as('UPLOAD', rollBack(400, { error: 'cannot_access_app' })),
      channelShows('production', { rollout_version: '{V2}' }),
      as('WRITE', rollBack(200, { bundle: '1.0.0' })),
      channelShows('production', { rollout_version: null }),
      saveChannel('production', { version: '1.1.0' }),
      as('UPLOAD', rollBack(200, { bundle: '1.0.0' })),
    ],
  },
  {
    id: 'keeping a release',
    title: 'takes the right to change settings: who may only upload cannot override the guard',
    steps: [
      as('UPLOAD', answerGuard('keep', 400, { error: 'cannot_access_app' })),
      as('WRITE', answerGuard('keep', 200, { state: 'running', guard: { kept_at: expect.any(String) } })),
      as('UPLOAD', answerGuard('take_back', 200, { state: 'taken_back' })),
    ],
  },
  {
    id: '80',
    title: 'oldest first',
    steps: [
      get('/channel/?app_id={APP}', 200, [
        { name: 'production', public: true, version: { id: '{V1}', name: '1.0.0' }, disableAutoUpdate: 'major' },
        { name: 'beta', version: null },
      ]),
    ],
  },
  { id: '81', title: 'one by name', steps: [channelShows('production', { name: 'production', rollout_id: uuid })] },
  {
    id: '82',
    title: 'an unknown name',
    steps: [get('/channel?app_id={APP}&channel=nope', 400, { error: 'cannot_find_version' })],
  },
  {
    id: '84',
    title: 'created with its bundle',
    steps: [saveChannel('rel', { version: '1.0.0' }, 200, { status: 'ok', id: int, public: false })],
  },
  {
    id: '85',
    title: 'not created with an unknown bundle',
    steps: [
      saveChannel('bad', { version: '9.9.9' }, 400, { error: 'cannot_find_version' }),
      get('/channel?app_id={APP}&channel=bad', 400),
    ],
  },
  {
    id: '86',
    title: 'an unknown bundle for an existing one',
    steps: [saveChannel('beta', { version: '9.9.9' }, 400, { error: 'cannot_find_version' })],
  },
  {
    id: '88',
    title: 'null takes the bundle away',
    steps: [
      saveChannel('beta', { version: '1.0.0' }),
      saveChannel('beta', { version: null }),
      channelShows('beta', { version: null }),
    ],
  },
  {
    id: '89',
    title: 'one default channel',
    steps: [
      saveChannel('beta', { public: true }),
      channelShows('beta', { public: true }),
      channelShows('production', { public: false }),
    ],
  },
  {
    id: '90',
    title: 'one default channel per platform',
    steps: [
      saveChannel('production', { public: true, ios: true, android: false }),
      saveChannel('beta', { public: true, ios: false, android: true }),
      channelShows('production', { public: true, electron: false }),
      channelShows('beta', { public: true, electron: false }),
    ],
  },
  {
    id: '92',
    title: 'percentage over 100',
    steps: [saveChannel('production', { rolloutPercentage: 101 }, 400, { error: 'invalid_rollout_percentage' })],
  },
  {
    id: '93',
    title: 'cache time too short',
    steps: [
      saveChannel('production', { rolloutCacheTtlSeconds: 59 }, 400, {
        error: 'invalid_rollout_config',
        message: 'rolloutCacheTtlSeconds must be an integer between 60 and 31536000',
        moreInfo: { field: 'rolloutCacheTtlSeconds', value: 59, min: 60, max: 31536000 },
      }),
    ],
  },
  {
    id: '94',
    title: 'guard settings',
    steps: [
      saveChannel('production', { autoPauseConfidence: 1 }, 400, { error: 'invalid_auto_pause_confidence' }),
      saveChannel('production', { autoPauseAction: 'x' }, 400, { error: 'invalid_auto_pause_action' }),
    ],
  },
  {
    id: '96',
    title: 'a rollout needs a stable bundle',
    steps: [saveChannel('beta', { rolloutVersion: '1.1.0' }, 400, { error: 'missing_stable_version' })],
  },
  {
    id: '97',
    title: 'a rollout begins',
    steps: [
      { ...channelShows('production', {}), keep: { OLD: 'rollout_id' } },
      rollout,
      channelShows('production', {
        rollout_version: '{V2}',
        rollout_version_info: { id: '{V2}', name: '1.1.0' },
        rolloutPercentageBps: 500,
        rolloutEnabled: true,
      }),
      { ...channelShows('production', {}), differs: { rollout_id: '{OLD}' } },
    ],
  },
  {
    id: '98',
    title: 'the rollout becomes stable',
    steps: [
      rollout,
      saveChannel('production', { promoteToStable: true }),
      channelShows('production', { version: { id: '{V2}' }, rollout_version: null, rolloutEnabled: false }),
    ],
  },
  {
    id: '100',
    title: 'the rollout is taken back',
    steps: [
      rollout,
      saveChannel('production', { rollback: true }),
      channelShows('production', {
        version: { id: '{V1}' },
        rollout_version: null,
        rolloutEnabled: false,
        rolloutPercentageBps: 0,
      }),
    ],
  },
  {
    id: '101',
    title: 'a name is needed',
    steps: [del('/channel', { app_id: '{APP}' }, 400, { error: 'missing_channel_name' })],
  },
  {
    id: '102',
    title: 'an unknown channel',
    steps: [del('/channel', { app_id: '{APP}', channel: 'nope' }, 400, { error: 'cannot_find_channel' })],
  },
  {
    id: 'ci',
    title: 'an upload key may promote, and nothing else',
    steps: [
      as('UPLOAD', saveChannel('production', { version: '1.1.0' })),
      as('UPLOAD', saveChannel('production', { public: false }, 400, { error: 'cannot_access_app' })),
      as('UPLOAD', saveChannel('new', { version: '1.1.0' }, 400, { error: 'cannot_access_app' })),
    ],
  },
];
