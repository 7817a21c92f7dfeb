// Protected channels: every way of putting a bundle on one, by who may not, and by who may.

import { expect } from 'vitest';
import { as, channelShows, del, post, put, saveChannel } from './requests.ts';
import type { Row, Step } from './steps.ts';

const refused = (name = 'production') => ({
  error: 'channel_protected',
  message: expect.stringMatching(
    new RegExp(`^Channel ${name} is protected: only members and keys with the right admin`),
  ),
});

const protect = (settings: object = {}) => saveChannel('production', { protected_by: 'admin', ...settings });
const rollout = { rolloutVersion: '1.1.0', rolloutPercentage: 5, rolloutEnabled: true };
const promote = (channel_id: string, status = 200, holds?: object) =>
  put('/bundle', { app_id: '{APP}', version_id: '{V2}', channel_id }, status, holds);

const answerGuard = (answer: string) =>
  post('/release/guard', { app_id: '{APP}', release_id: '{R1}', answer }, 403, refused());

/** [what is tried, with which key, the request, what is given beside the protection] */
const ways: [string, string, Step, Step[]?][] = [
  ['POST /channel with a version', 'UPLOAD', saveChannel('production', { version: '1.1.0' }, 403, refused())],
  ['POST /channel without a bundle', 'UPLOAD', saveChannel('production', { version: null }, 403, refused())],
  [
    'a release by a plan',
    'UPLOAD',
    post('/release', { app_id: '{APP}', channel: 'production', version: '1.1.0', plan: 'careful' }, 403, refused()),
  ],
  ['PUT /bundle', 'UPLOAD', promote('{C1}', 403, refused())],
  ['PUT /bundle', 'WRITE', promote('{C1}', 403, refused())],
  ['a new rollout', 'WRITE', saveChannel('production', rollout, 403, refused())],
  [
    'a growing rollout',
    'WRITE',
    saveChannel('production', { rolloutPercentage: 100 }, 403, refused()),
    [saveChannel('production', rollout)],
  ],
  [
    'promoting the rollout',
    'WRITE',
    saveChannel('production', { promoteToStable: true }, 403, refused()),
    [saveChannel('production', rollout)],
  ],
  [
    'resuming what was paused',
    'WRITE',
    saveChannel('production', { rolloutPaused: false }, 403, refused()),
    [saveChannel('production', { ...rollout, rolloutPaused: true })],
  ],
  [
    'rolling back',
    'WRITE',
    saveChannel('production', { rollback: true }, 403, refused()),
    [saveChannel('production', rollout)],
  ],
  ['POST /rollback', 'UPLOAD', post('/rollback', { app_id: '{APP}', channel: 'production' }, 403, refused())],
  [
    'POST /rollback of a rollout',
    'WRITE',
    post('/rollback', { app_id: '{APP}', channel: 'production' }, 403, refused()),
    [saveChannel('production', rollout)],
  ],
  ['keeping a release', 'WRITE', answerGuard('keep')],
  ['taking a release back', 'UPLOAD', answerGuard('take_back')],
  [
    'a number from outside',
    'WRITE',
    post('/release/{R1}/signal', { app_id: '{APP}', name: 'crashes', value: 3, bound: 2 }, 403, refused()),
  ],
  [
    'a version with notification',
    'UPLOAD',
    saveChannel('production', { version: '1.1.0', notifyDevices: true }, 403, refused()),
  ],
  ['lifting the protection', 'WRITE', saveChannel('production', { protected_by: null }, 403, refused())],
  ['weakening the protection', 'WRITE', saveChannel('production', { protected_by: 'write' }, 403, refused())],
  ['listing a key', 'WRITE', saveChannel('production', { protected_keys: ['{ID_WRITE}'] }, 403, refused())],
  ['an upload policy', 'WRITE', saveChannel('production', { disableAutoUpdate: 'none' }, 403, refused())],
  [
    'making another channel the default',
    'WRITE',
    saveChannel('beta', { public: true, version: '1.1.0' }, 403, refused()),
  ],
  [
    'making a new channel the default',
    'WRITE',
    saveChannel('fresh', { public: true, version: '1.1.0' }, 403, refused()),
  ],
];

export const protectionRows: Row[] = [
  ...ways.map(
    ([title, key, step, given = []]): Row => ({
      id: `${title} by ${key}`,
      title: 'is refused, and changes nothing',
      steps: [
        ...given,
        protect(),
        as(key, step),
        channelShows('production', {
          public: true,
          version: { name: '1.0.0' },
          protected_by: 'admin',
          protected_keys: [],
        }),
      ],
    }),
  ),
  {
    id: 'deletion',
    title: 'asks for the protection: made anew the channel would have none',
    steps: [
      saveChannel('production', { protected_by: 'super_admin' }),
      put('/organization/members', { orgId: '{ORG_A}', email: 'u3@example.test', role: 'admin' }, 200),
      as('KEY3', del('/channel', { app_id: '{APP}', channel: 'production' }, 403, { error: 'channel_protected' })),
      as('KEY3', del('/app/{APP}', undefined, 403, { code: 'channel_protected' })),
      as('KEY3', saveChannel('production', { protected_by: 'admin' }, 403, { error: 'channel_protected' })),
      as('KEY3', promote('{C1}', 403, { error: 'channel_protected' })),
      del('/channel', { app_id: '{APP}', channel: 'production' }, 200),
    ],
  },
  {
    id: 'who may',
    title: 'does as on any channel',
    steps: [
      protect(),
      promote('{C1}'),
      saveChannel('production', rollout),
      saveChannel('production', { protectedBy: null }),
    ],
  },
  {
    id: 'listed key',
    title: 'puts bundles on the channel, and leaves its protection alone',
    steps: [
      protect({ protected_keys: ['{ID_UPLOAD}', '{ID_WRITE}'] }),
      as('UPLOAD', promote('{C1}')),
      as('UPLOAD', saveChannel('production', { version: '1.0.0' })),
      as('UPLOAD', saveChannel('production', rollout, 400, { error: 'cannot_access_app' })),
      as('WRITE', saveChannel('production', rollout)),
      as('WRITE', saveChannel('production', { protected_by: null }, 403, refused())),
      as('WRITE', saveChannel('production', { protected_keys: [] }, 403, refused())),
      channelShows('production', { protected_by: 'admin', protected_keys: ['{ID_UPLOAD}', '{ID_WRITE}'] }),
    ],
  },
  {
    id: 'the sentence',
    title: 'says who may',
    steps: [
      protect({ protected_keys: ['{ID_WRITE}'] }),
      as(
        'UPLOAD',
        promote('{C1}', 403, {
          message:
            'Channel production is protected: only members and keys with the right admin or more, and of the API keys {ID_WRITE}, may put bundles on it or change it',
          moreInfo: { channel: 'production', protected_by: 'admin', protected_keys: ['{ID_WRITE}'] },
        }),
      ),
    ],
  },
  {
    id: 'keys alone',
    title: 'mean: and admins',
    steps: [
      saveChannel('beta', { protectedKeys: ['{ID_UPLOAD}'] }),
      channelShows('beta', { protected_by: 'admin', protected_keys: ['{ID_UPLOAD}'] }),
      as('UPLOAD', promote('{C2}')),
      as('WRITE', promote('{C2}', 403, refused('beta'))),
      saveChannel('beta', { protected_by: null }),
      channelShows('beta', { protected_by: null, protected_keys: [] }),
      as('WRITE', promote('{C2}')),
    ],
  },
  {
    id: 'not beyond oneself',
    title: 'nobody protects a channel by more than their own right, a new one neither',
    steps: [
      as('WRITE', saveChannel('beta', { protected_by: 'admin' }, 403, { error: 'channel_protected' })),
      as('WRITE', saveChannel('fresh', { protected_by: 'admin' }, 403, { error: 'channel_protected' })),
      as('WRITE', saveChannel('fresh', { protected_by: 'write' })),
      as('UPLOAD', saveChannel('fresh', { version: '1.0.0' }, 403, { error: 'channel_protected' })),
      as('WRITE', saveChannel('fresh', { version: '1.0.0' })),
      as('UPLOAD', saveChannel('beta', { protected_by: 'write' }, 400, { error: 'cannot_access_app' })),
    ],
  },
  {
    id: 'values',
    title: 'that are no protection are named',
    steps: [
      saveChannel('beta', { protected_by: 'upload' }, 400, { error: 'invalid_protected_by' }),
      saveChannel('beta', { protected_keys: ['x'] }, 400, { error: 'invalid_protected_keys' }),
      saveChannel('beta', { protected_keys: ['{ID_KEY_B}'] }, 404, { error: 'api_key_not_found' }),
      saveChannel('beta', { protected_keys: [999_999] }, 404, { error: 'api_key_not_found' }),
      channelShows('beta', { protected_by: null, protected_keys: [] }),
    ],
  },
  {
    id: 'bound key',
    title: 'channel_admin is an admin of its channel',
    steps: [
      protect(),
      {
        ...post(
          '/apikey',
          {
            name: 'k',
            bindings: [
              { role_name: 'channel_admin', scope_type: 'channel', app_id: '{APP}', channel_id: 'production' },
            ],
          },
          200,
        ),
        keep: { K: 'key' },
      },
      { ...promote('{C1}'), as: null, headers: { authorization: '{K}' } },
    ],
  },
];
