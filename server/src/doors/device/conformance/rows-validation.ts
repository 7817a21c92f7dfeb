// What is wrong with a question, in which words (docs/protocol/device.md §12.1).

import { ask, each, type Row } from './row.ts';

const refusedBody = { status: 400, error: 'invalid_json_body' };

export const validationRows: readonly Row[] = [
  {
    id: 'V1',
    title: 'a body that is not JSON',
    steps: [
      { body: 'not json', status: 400, error: 'invalid_json_parse_body', holds: { message: 'Invalid JSON body' } },
    ],
  },
  ...each('V2', [{}, [], '""', 7, true, null], (body) => ({
    title: `nothing in the body: ${JSON.stringify(body)}`,
    steps: [{ body, ...refusedBody, holds: { message: 'Cannot parse body' } }],
  })),
  ...each('V3', [undefined, '', null, 0, false], (device_id) => ({
    title: `no device: ${device_id}`,
    steps: [{ body: ask({ device_id }), status: 400, error: 'missing_device_id' }],
  })),
  ...each('V4', [undefined, '', null, 0, false], (app_id) => ({
    title: `no app: ${app_id}`,
    steps: [{ body: ask({ app_id }), status: 400, error: 'missing_app_id' }],
  })),
  ...each('V5', ['windows', '', null, 1], (platform) => ({
    title: `platform ${platform}`,
    steps: [{ body: ask({ platform }), ...refusedBody, issue: 'Platform is not supported or invalid' }],
  })),
  {
    id: 'V5.required',
    title: 'no platform',
    steps: [{ body: ask({ platform: undefined }), ...refusedBody, issue: 'Platform is required' }],
  },
  {
    id: 'V6',
    title: 'a device id that is no UUID',
    steps: [
      { body: ask({ device_id: 'invalid-uuid' }), ...refusedBody, issue: 'Device ID must be a valid UUID string' },
    ],
  },
  ...each('V7', [`${ask()['device_id']}0`, 'x'.repeat(40)], (device_id) => ({
    title: `a device id of ${device_id.length} characters`,
    steps: [{ body: ask({ device_id }), ...refusedBody, issue: 'String must contain at most 36 character(s)' }],
  })),
  ...each('V8', ['invalid_version', '', null, '1.2', '01.2.3', '8.9007199254740992.0'], (plugin_version) => ({
    title: `plugin version ${plugin_version}`,
    steps: [{ body: ask({ plugin_version }), ...refusedBody, issue: 'Plugin version is invalid' }],
  })),
  {
    id: 'V9',
    title: 'no plugin version',
    steps: [{ body: ask({ plugin_version: undefined }), ...refusedBody, issue: 'plugin_version is required' }],
  },
  ...each('V10', ['eeforgrdemoapp', 'com..app', '.com.app', 'com.app/x'], (app_id) => ({
    title: `app id ${app_id}`,
    steps: [{ body: ask({ app_id }), ...refusedBody, issue: 'App ID must be a reverse domain string' }],
  })),
  {
    id: 'V11',
    title: 'an app id that is no text',
    steps: [{ body: ask({ app_id: ['com.demo.app'] }), ...refusedBody, issue: 'App ID must be a string' }],
  },
  ...each(
    'V12',
    ['1.2.3.4', '1.2.3 (4)', '01.2.3', '2024.01.05', '1-beta', 'abc', '9007199254740993.0.0', '1.9007199254740992'],
    (version_build) => ({
      title: `native version ${version_build}`,
      steps: [{ body: ask({ version_build }), status: 400, error: 'semver_error' }],
    }),
  ),
  ...each('V13', ['1.0', '1', 'v1.0.0', ' 1.0.0 '], (version_build) => ({
    title: `native version ${version_build} is 1.0.0`,
    steps: [{ body: ask({ version_build, version_name: 'builtin' }), refused: 'no_new_version_available/up_to_date' }],
  })),
  ...each('V14', ['unknown', 'builtin'], (version_build) => ({
    title: `native version ${version_build} is 0.0.0`,
    steps: [
      {
        body: ask({ version_build, version_name: '0.9.0' }),
        refused: 'disable_auto_update_to_major/blocked',
        holds: { old: '0.0.0' },
      },
    ],
  })),
  {
    id: 'V15',
    title: 'an empty native version',
    steps: [{ body: ask({ version_build: '' }), ...refusedBody, issue: 'Version build is required' }],
  },
  {
    id: 'V16',
    title: 'an empty bundle name',
    steps: [{ body: ask({ version_name: '' }), ...refusedBody, issue: 'Version name is required' }],
  },
  ...each('V17', [7, null, {}], (version_name) => ({
    title: `a bundle name that is no text: ${JSON.stringify(version_name)}`,
    steps: [{ body: ask({ version_name }), ...refusedBody, issue: 'Version name must be a string' }],
  })),
  ...each('V18', ['is_prod', 'is_emulator'], (name) => ({
    title: `${name} as text`,
    steps: [{ body: ask({ [name]: 'true' }), ...refusedBody, issue: `${name} must be a boolean` }],
  })),
  ...each('V19', ['defaultChannel', 'install_source', 'key_id'], (name) => ({
    title: `${name}: null`,
    steps: [{ body: ask({ [name]: null }), ...refusedBody, issue: `${name} must be a string` }],
  })),
  ...each('V20', [{ install_source: 'x'.repeat(65) }, { key_id: 'x'.repeat(21) }], (change) => ({
    title: `${Object.keys(change)[0]} is too long`,
    steps: [{ body: ask(change), ...refusedBody }],
  })),
  {
    id: 'V21',
    title: 'the store bundle counts as the native version',
    steps: [{ body: ask({ version_name: 'builtin' }), refused: 'no_new_version_available/up_to_date' }],
  },
  {
    id: 'V22',
    title: 'unknown fields and a null custom id are accepted',
    steps: [{ body: ask({ foo: 1, custom_id: null }), refused: 'no_new_version_available/up_to_date' }],
  },
  {
    id: 'V23',
    title: 'every wrong field is named, in the order of the table',
    steps: [
      {
        body: ask({ app_id: 'x', version_name: '', is_prod: 1, platform: 'x', key_id: 1 }),
        ...refusedBody,
        holds: {
          moreInfo: {
            parseResult: {
              success: false,
              error: {
                name: 'SchemaError',
                issues: ['app_id', 'version_name', 'is_prod', 'platform', 'key_id'].map((path) => ({
                  path: [path],
                  code: 'custom',
                })),
              },
            },
          },
        },
      },
    ],
  },
  ...each('V24', [7, true, {}, ['1.0.0']], (version_build) => ({
    title: `native version ${JSON.stringify(version_build)} (ours: no 500)`,
    steps: [{ body: ask({ version_build }), ...refusedBody }],
  })),
  ...each('V25', [7, true, {}, ['x']], (device_id) => ({
    title: `device id ${JSON.stringify(device_id)} (ours: no 500)`,
    steps: [{ body: ask({ device_id }), ...refusedBody }],
  })),
  ...each('V25.rest', [7, true, {}, ['x']], (device_id) => ({
    title: `device id ${JSON.stringify(device_id)}, and nothing else is right`,
    steps: [
      { body: ask({ device_id, app_id: undefined }), ...refusedBody, issue: 'App ID is required' },
      { body: ask({ device_id, version_build: 'abc' }), ...refusedBody, issue: 'Device ID must be a string' },
      { path: '/channel_self', body: ask({ device_id, app_id: undefined }), ...refusedBody },
      { method: 'PUT' as const, path: '/channel_self', body: ask({ device_id, app_id: undefined }), ...refusedBody },
      { path: '/updates/manifest_size', body: ask({ device_id, app_id: undefined }), ...refusedBody },
      { path: '/stats', body: ask({ device_id, version_build: 'abc', action: 'set' }), ...refusedBody },
    ],
  })),
  {
    id: 'V26',
    title: 'an unknown app is told so with HTTP 200, never with 429',
    steps: [
      {
        body: ask({ app_id: 'does.not.exist' }),
        equals: { error: 'app_not_found', message: 'App not found', kind: 'failed' },
      },
    ],
  },
  ...each('V27', ['/updates', '/stats', '/plugin/updates', '/plugin/stats/'], (path) => ({
    title: `GET ${path} says that the server lives`,
    steps: [{ method: 'GET' as const, path, equals: { status: 'ok' } }],
  })),
  ...each('V28', ['/updates/', '/plugin/updates', '/plugin/updates/'], (path) => ({
    title: `${path} is another name of the door`,
    steps: [{ path, body: ask({ version_name: '1.1.0' }), offered: '1.0.0' }],
  })),
];
