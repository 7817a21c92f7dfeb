// Conformance rows of the management API: credentials, organizations, members, audit, API keys.

import { expect } from 'vitest';
import { as, del, get, int, post, put, uuid } from './requests.ts';
import type { Row, Step } from './steps.ts';

const org = '/organization';
const members = '/organization/members';
const unauthorized = { error: 'invalid_apikey', message: 'Invalid apikey' };
const withSubkey = (id: string, step: Step): Step => ({ ...step, headers: { 'x-limited-key-id': id } });
const invite = (fields: object, status = 200, holds?: object) =>
  post(members, { orgId: '{ORG_A}', email: 'u2@example.test', ...fields }, status, holds);

export const credentialRows: Row[] = [
  { id: '1', title: 'ok needs no key', steps: [{ ...get('/ok', 200), as: null, equals: { status: 'ok' } }] },
  { id: '2', title: 'unknown routes', steps: [get('/nope', 404, { error: 'not_found', message: 'Not found' })] },
  { id: '3', title: 'no key', steps: [{ ...get('/app', 401, { code: 'no_key_provided' }), as: null }] },
  {
    id: '4',
    title: 'no key where a session would do',
    steps: [
      { ...get('/statistics/user?from=2024-01-01&to=2024-01-02', 401, { error: 'no_jwt_apikey_or_subkey' }), as: null },
    ],
  },
  { id: '5', title: 'an unknown key', steps: [as('not-a-key', get(org, 401, unauthorized))] },
  { id: '6', title: 'an expired key', steps: [as('EXP', get(org, 401, unauthorized))] },
  {
    id: '8',
    title: 'x-api-key',
    steps: [{ ...get(org, 200), as: null, headers: { 'x-api-key': 'key-of-the-fixture-ALL' } }],
  },
  {
    id: '9',
    title: 'capgkey wins',
    steps: [{ ...get(org, 200), as: 'bad', headers: { capgkey: 'key-of-the-fixture-ALL' } }],
  },
  {
    id: '9b',
    title: 'a Bearer prefix',
    steps: [{ ...get(org, 200), as: null, headers: { authorization: 'Bearer key-of-the-fixture-ALL' } }],
  },
  {
    id: '12 prefix',
    title: 'the prefix of the original service’s clients, where capgkey wins over their token',
    steps: [
      {
        ...get('/functions/v1/app/com.demo.app', 200, { app_id: 'com.demo.app' }),
        as: null,
        headers: { capgkey: 'key-of-the-fixture-ALL', authorization: 'Bearer anon' },
      },
      { ...get('/functions/v1/app/com.nope.app', 404, { error: 'App not found' }) },
    ],
  },
  {
    id: 'CORS',
    title: 'known origins may call, others are not told so',
    steps: [
      {
        ...get('/app', 200),
        headers: { origin: 'capacitor://localhost' },
        answerHeaders: { 'access-control-allow-origin': 'capacitor://localhost', 'x-request-id': expect.any(String) },
      },
      { ...get('/app', 200), headers: { origin: 'https://evil.test' }, answerHeaders: { vary: 'Origin' } },
    ],
  },
  { id: '10', title: 'a hashed key', steps: [as('HASH', get(org, 200))] },
  {
    id: '12',
    title: 'a read key creates nothing',
    steps: [
      as(
        'READ',
        post('/app', { app_id: 'com.r.app', name: 'R', owner_org: '{ORG_A}' }, 403, {
          code: 'cannot_access_organization',
        }),
      ),
      get('/app/com.r.app', 404),
    ],
  },
  ...['abc', '', '0', ' 5', '5x', '9007199254740992'].map((id) => ({
    id: `13 ${JSON.stringify(id)}`,
    title: 'is no subkey id',
    steps: [
      withSubkey(id, get('/organization', 401, { error: 'invalid_subkey', message: 'Invalid x-limited-key-id' })),
    ],
  })),
  {
    id: '14',
    title: "somebody else's subkey",
    steps: [withSubkey('{ID_KEY_B}', get(org, 401, { error: 'invalid_subkey' }))],
  },
  {
    id: '14b',
    title: 'a subkey without limits',
    steps: [withSubkey('{ID_READ}', get(org, 401, { error: 'invalid_subkey' }))],
  },
  {
    id: '16',
    title: 'a subkey has its own limits',
    steps: [withSubkey('{ID_LIM}', get('/app/com.demo.app', 404, { error: 'App not found' }))],
  },
  {
    id: '17',
    title: 'too many wrong keys from one address',
    steps: [
      { ...as('wrong', get(org, 401)), times: 20, from: '192.0.2.7' },
      {
        ...as(
          'wrong',
          get(org, 429, { error: 'too_many_requests', moreInfo: { reason: 'too_many_failed_auth_attempts' } }),
        ),
        from: '192.0.2.7',
        answerHeaders: { 'retry-after': '900', 'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/) },
      },
      { ...get(org, 200), from: '192.0.2.7' },
      { ...get(org, 200), from: '192.0.2.8' },
    ],
  },
  {
    id: '170',
    title: 'an organization that wants hashed keys',
    steps: [
      as('PLAIN', put(org, { orgId: '{ORG_A}', enforce_hashed_api_keys: true }, 200)),
      as('PLAIN', get(org, 401, unauthorized)),
      as('HASH', get(org, 200)),
    ],
  },
];

const orgFields = [
  'id',
  'created_by',
  'created_at',
  'updated_at',
  'logo',
  'name',
  'management_email',
  'customer_id',
  'website',
];

export const organizationRows: Row[] = [
  {
    id: '117',
    title: 'exactly these fields',
    steps: [{ ...get(`${org}?orgId={ORG_A}`, 200, { name: 'Org A', customer_id: null }), fields: orgFields }],
  },
  {
    id: '118',
    title: 'an unknown organization',
    steps: [get(`${org}?orgId=00000000-0000-4000-8000-000000000000`, 400, { error: 'invalid_org_id' })],
  },
  { id: '118b', title: 'an id that is none', steps: [get(`${org}?orgId=x'--`, 400, { error: 'invalid_org_id' })] },
  {
    id: '119',
    title: 'a new organization is its creator’s',
    steps: [
      { ...post(org, { name: 'Acme', website: 'HTTPS://capgo.app' }, 200), keep: { NEW: 'id' } },
      get(`${org}?orgId={NEW}`, 200, { website: 'https://capgo.app/', management_email: 'u1@example.test' }),
      get(`${members}?orgId={NEW}`, 200, [{ uid: '{U1}', role: 'super_admin' }]),
      post(org, { name: 'Acme' }, 400, { error: 'cannot_create_org' }),
    ],
  },
  {
    id: '120',
    title: 'names and websites are checked',
    steps: [
      post(org, { name: 'ab' }, 400, { error: 'invalid_body' }),
      post(org, { name: 'Acme2', website: 'ftp://x' }, 400, {
        error: 'invalid_body',
        moreInfo: { error: 'website_must_be_a_valid_url' },
      }),
      post(org, { name: 'Acme2', website: 'https://u:p@x.test' }, 400, { error: 'invalid_body' }),
    ],
  },
  { id: '121', title: 'an empty body', steps: [post(org, {}, 400, { error: 'invalid_json_parse_body' })] },
  {
    id: '122',
    title: 'a limited key',
    steps: [as('LIM', post(org, { name: 'Acme3' }, 403, { error: 'permission_denied' }))],
  },
  {
    id: '123',
    title: 'settings are answered whole',
    steps: [
      put(org, { orgId: '{ORG_A}', name: 'New name', max_apikey_expiration_days: 30 }, 200, {
        status: 'Organization updated',
        id: '{ORG_A}',
        data: { name: 'New name', max_apikey_expiration_days: 30, require_apikey_expiration: false },
      }),
    ],
  },
  {
    id: '124',
    title: 'a foreign organization',
    steps: [put(org, { orgId: '{ORG_B}', name: 'x' }, 400, { error: 'cannot_access_organization' })],
  },
  {
    id: '125',
    title: 'settings out of range',
    steps: [
      put(org, { orgId: '{ORG_A}', max_apikey_expiration_days: 366 }, 400, { error: 'invalid_max_expiration_days' }),
      put(org, { orgId: '{ORG_A}', required_encryption_key: 'short' }, 400, {
        error: 'invalid_required_encryption_key',
      }),
    ],
  },
  {
    id: '126',
    title: 'keys must expire',
    steps: [
      put(org, { orgId: '{ORG_A}', require_apikey_expiration: true }, 200),
      get(`${org}?orgId={ORG_A}`, 401, { error: 'org_requires_expiring_key' }),
      get(`${members}?orgId={ORG_A}`, 401, { error: 'org_requires_expiring_key' }),
      { ...get(org, 200), length: 0 },
    ],
  },
  { id: '128', title: 'nothing named', steps: [del(org, undefined, 400, { error: 'invalid_json_parse_body' })] },
  {
    id: '129',
    title: 'deleting takes its apps',
    steps: [
      as('WRITE', del(`${org}?orgId={ORG_A}`, undefined, 403, { error: 'invalid_org_id' })),
      { ...del(`${org}?orgId={ORG_A}`, undefined, 200), equals: { status: 'ok' } },
      get('/app/com.demo.app', 404),
    ],
  },
];

export const memberRows: Row[] = [
  {
    id: '130',
    title: 'members',
    steps: [
      get(`${members}?orgId={ORG_A}`, 200, [
        {
          uid: '{U1}',
          email: 'u1@example.test',
          image_url: '',
          is_tmp: false,
          role: 'super_admin',
          rbac_role: 'org_super_admin',
        },
      ]),
    ],
  },
  {
    id: '132',
    title: 'a pending member has no rights',
    steps: [
      invite({ invite_type: 'write' }, 200, { status: 'ok' }),
      get(`${members}?orgId={ORG_A}`, 200, [{}, {}, { uid: '{U2}', is_tmp: true, role: 'invite_write' }]),
      as('KEY_B', get(`${org}?orgId={ORG_A}`, 400)),
      as('KEY_B', get('/app/com.demo.app', 404)),
      as('KEY_B', post(`${members}/accept`, { orgId: '{ORG_A}' }, 200)),
      as('KEY_B', get('/app/com.demo.app', 200)),
    ],
  },
  { id: '133', title: 'role is another name', steps: [invite({ role: 'write' })] },
  {
    id: '134',
    title: 'twice',
    steps: [
      invite({ invite_type: 'write' }),
      invite({ invite_type: 'write' }, 400, {
        error: 'error_inviting_user_to_organization',
        moreInfo: { data: 'ALREADY_INVITED' },
      }),
    ],
  },
  {
    id: '135',
    title: 'somebody without an account gets a link',
    steps: [
      {
        ...invite({ invite_type: 'read', email: 'New@example.test' }, 200, {
          data: { email: 'new@example.test', role: 'invite_read' },
        }),
        keep: { LINK: 'data.invite_link' },
      },
      get(`${members}?orgId={ORG_A}`, 200, [{}, {}, { email: 'new@example.test', is_tmp: true }]),
      {
        ...post('/invitation/accept', { token: 'wrong' }, 401, { error: 'invalid_invitation' }),
        as: null,
        from: '192.0.2.9',
      },
    ],
  },
  { id: '136', title: 'an unknown role', steps: [invite({ invite_type: 'god' }, 400, { error: 'invalid_body' })] },
  {
    id: '137',
    title: 'a reader invites nobody',
    steps: [as('KEY3', invite({ invite_type: 'read' }, 400, { error: 'cannot_access_organization' }))],
  },
  {
    id: '138',
    title: 'a removed member is out at once',
    steps: [
      as('KEY3', get('/app/com.demo.app', 200)),
      { ...del(`${members}?orgId={ORG_A}&email=u3@example.test`, undefined, 200), equals: { status: 'ok' } },
      as('KEY3', get('/app/com.demo.app', 404)),
    ],
  },
  {
    id: '139',
    title: 'strangers',
    steps: [
      del(members, { orgId: '{ORG_A}', email: 'nobody@example.test' }, 404, { error: 'user_not_found' }),
      del(members, { orgId: '{ORG_A}', email: 'u2@example.test' }, 404, { error: 'organization_member_not_found' }),
    ],
  },
  {
    id: '140',
    title: 'the last super admin stays',
    steps: [
      del(members, { orgId: '{ORG_A}', email: 'u1@example.test' }, 400, { error: 'CANNOT_REMOVE_LAST_SUPER_ADMIN' }),
    ],
  },
];

memberRows.push({
  id: 'role',
  title: 'a right is changed, within bounds',
  steps: [
    as('KEY3', put('/app/com.demo.app', { name: 'x' }, 401)),
    put(members, { orgId: '{ORG_A}', email: 'u3@example.test', role: 'admin' }, 200, { status: 'ok' }),
    as('KEY3', put('/app/com.demo.app', { name: 'x' }, 200)),
    as(
      'KEY3',
      put(members, { orgId: '{ORG_A}', email: 'u1@example.test', role: 'read' }, 403, {
        error: 'cannot_change_higher_priority_role',
      }),
    ),
    as('KEY3', put(members, { orgId: '{ORG_A}', email: 'u3@example.test', role: 'super_admin' }, 403)),
    put(members, { orgId: '{ORG_A}', email: 'u1@example.test', role: 'admin' }, 400, {
      error: 'CANNOT_REMOVE_LAST_SUPER_ADMIN',
    }),
  ],
});

export const auditRows: Row[] = [
  {
    id: '141',
    title: 'a change is written down',
    steps: [
      put('/app/com.demo.app', { name: 'New', retention: 45 }, 200),
      get(`${org}/audit?orgId={ORG_A}&limit=500`, 200, {
        page: 0,
        limit: 100,
        total: 1,
        chain: { valid: true, checked: 1, keyed: 1, plain: 0, broken_at: null, reason: null },
        data: [
          {
            table_name: 'apps',
            record_id: 'com.demo.app',
            operation: 'UPDATE',
            actor_type: 'apikey',
            actor_apikey_id: '{ID_ALL}',
            old_record: { name: 'Demo App' },
            new_record: { name: 'New' },
            changed_fields: expect.arrayContaining(['name', 'retention']),
          },
        ],
      }),
    ],
  },
  {
    id: '142',
    title: 'only what was asked for',
    steps: [
      post('/app', { app_id: 'com.new.app', name: 'New', owner_org: '{ORG_A}' }, 200),
      put(org, { orgId: '{ORG_A}', name: 'Other name' }, 200),
      get(`${org}/audit?orgId={ORG_A}&tableName=apps&operation=INSERT`, 200, {
        total: 1,
        data: [{ table_name: 'apps', operation: 'INSERT' }],
      }),
      get(`${org}/audit?orgId={ORG_A}&tableName=nonsense`, 400, { error: 'invalid_body' }),
      get(`${org}/audit?orgId={ORG_B}`, 400, { error: 'invalid_org_id' }),
    ],
  },
];

const apikey = '/apikey';
const inAnHour = new Date(Date.now() + 3_600_000).toISOString();

export const apikeyRows: Row[] = [
  {
    id: '144',
    title: 'a key is shown once',
    steps: [
      {
        ...post(apikey, { name: 's', mode: 'all', hashed: true }, 200, {
          key: uuid,
          key_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        }),
        keep: { NEW: 'id' },
      },
      {
        ...get(`${apikey}/{NEW}`, 200, { id: '{NEW}', is_hashed_key: true, mode: 'all', limited_to_apps: [] }),
        lacks: ['key', 'key_hash'],
      },
    ],
  },
  { id: '145', title: 'a name is needed', steps: [post(apikey, { mode: 'read' }, 400, { error: 'name_is_required' })] },
  {
    id: '146',
    title: 'an end that cannot be',
    steps: [
      post(apikey, { name: 's', expires_at: '2020-01-01T00:00:00Z' }, 400, {
        error: 'invalid_expiration_date',
        message: 'Expiration date must be in the future',
      }),
      post(apikey, { name: 's', expires_at: 'x' }, 400, {
        error: 'invalid_expiration_date',
        message: 'Invalid expiration date format',
      }),
    ],
  },
  {
    id: '147',
    title: 'limits must exist',
    steps: [
      post(apikey, { name: 's', limited_to_orgs: ['{ORG_B}'] }, 404, { error: 'org_not_found' }),
      post(apikey, { name: 's', limited_to_apps: ['com.other.app'] }, 404, { error: 'app_not_found' }),
      post(apikey, { name: 's', limited_to_apps: ['com.demo.app'], mode: 'upload' }, 200, {
        limited_to_apps: ['com.demo.app'],
        mode: 'upload',
      }),
      post(apikey, { name: 's', mode: 'god' }, 400, { error: 'invalid_mode' }),
    ],
  },
  {
    id: '148',
    title: 'a limited key makes none',
    steps: [as('LIM', post(apikey, { name: 's' }, 400, { error: 'cannot_create_apikey' }))],
  },
  {
    id: '149',
    title: 'rotation kills the old value',
    steps: [
      as('HASH', get(org, 200)),
      put(`${apikey}/{ID_HASH}`, { regenerate: true }, 200, { id: '{ID_HASH}', key: uuid }),
      as('HASH', get(org, 401)),
    ],
  },
  {
    id: '150',
    title: 'nothing to change',
    steps: [put(`${apikey}/{ID_HASH}`, { foo: 1 }, 400, { error: 'no_valid_fields_provided_for_update' })],
  },
  {
    id: '151',
    title: 'not itself, not a stranger’s',
    steps: [
      put(`${apikey}/{ID_ALL}`, { name: 'x' }, 401, { error: 'cannot_update_apikey' }),
      del(`${apikey}/{ID_ALL}`, undefined, 401, { error: 'cannot_delete_apikey' }),
      put(`${apikey}/{ID_KEY_B}`, { name: 'x' }, 404, { error: 'api_key_not_found_or_access_denied' }),
      del(`${apikey}/{ID_KEY_B}`, undefined, 404, { error: 'api_key_not_found' }),
      put(apikey, { id: '{ID_HASH}', name: 'x' }, 200, { name: 'x' }),
      { ...del(`${apikey}/{ID_HASH}`, undefined, 200), equals: { status: 'ok', success: true } },
      as('HASH', get(org, 401)),
    ],
  },
  {
    id: '152',
    title: 'an id that cannot be one',
    steps: [
      get(`${apikey}/bad%20id`, 400, { error: 'invalid_id_format' }),
      get(`${apikey}/999999`, 404, { error: 'failed_to_get_apikey' }),
    ],
  },
  {
    id: 'expiry policy',
    title: 'an organization bounds the life of keys',
    steps: [
      put(org, { orgId: '{ORG_A}', max_apikey_expiration_days: 1, require_apikey_expiration: true }, 200),
      post(apikey, { name: 's' }, 400, { error: 'expiration_required' }),
      post(apikey, { name: 's', expires_at: '2999-01-01T00:00:00Z' }, 400, { error: 'expiration_exceeds_max' }),
      post(apikey, { name: 's', expires_at: inAnHour }, 200, { expires_at: inAnHour, id: int }),
    ],
  },
];
