// What becomes of reported events (docs/protocol/device.md §12.5). Where the vendor's server answers something else, ours holds:
// store first, judge later.

import { expect } from 'vitest';
import { device_id, each, event, type Row, type Step } from './row.ts';

const post = (body: unknown, rest: Omit<Step, 'body' | 'path'> = {}): Step => ({ path: '/stats', body, ...rest });
const ok = { equals: { status: 'ok' } };
const okBatch = (count: number) => ({
  equals: { status: 'ok', results: Array.from({ length: count }, (_, index) => ({ status: 'ok', index })) },
});
const noonToday = new Date().setUTCHours(12, 0, 0, 0);
const twoLines = { ...okBatch(2), stored: { events: [{ metadata: { line: '1' } }, { metadata: { line: '2' } }] } };
const otherDevice = device_id.replace('0', 'f');
const nothing = { events: [], counters: {}, device: null };
const update = (change: Record<string, unknown> = {}): Step => ({
  body: event({ action: undefined, version_name: '0.9.0', ...change }),
  offered: '1.0.0',
});

export const statsRows: readonly Row[] = [
  {
    id: 'S1',
    title: 'one event',
    steps: [
      post(event(), {
        ...ok,
        stored: {
          events: [{ action: 'set', device_id, version_name: '1.0.0', platform: 'android', channel: 'production' }],
          counters: { '+install 1.0.0 production': 1 },
          device: { version_name: '1.0.0', plugin_version: '7.0.0' },
        },
      }),
    ],
  },
  { id: 'S2', title: 'a batch of one', steps: [post([event()], okBatch(1))] },
  { id: 'S3', title: 'an empty batch', steps: [post([], okBatch(0))] },
  {
    id: 'S4',
    title: 'a batch of two devices',
    steps: [
      post([event(), event({ action: 'get', device_id: otherDevice })], {
        ...okBatch(2),
        stored: {
          events: [
            { action: 'set', device_id },
            { action: 'get', device_id: otherDevice },
          ],
        },
      }),
    ],
  },
  {
    id: 'S5',
    title: 'one bad element does not harm the others',
    steps: [
      post([event(), event({ version_build: 'x.y.z' }), event({ device_id: 'x' }), event({ device_id: undefined })], {
        equals: {
          status: 'ok',
          results: [
            { status: 'ok', index: 0 },
            { status: 'error', error: 'semver_error', message: expect.stringContaining('semver'), index: 1 },
            { status: 'error', error: 'invalid_json_body', message: 'Cannot parse body', index: 2 },
            { status: 'error', error: 'missing_device_id', message: 'Cannot find device_id', index: 3 },
          ],
        },
        stored: { events: [{ action: 'set' }] },
      }),
    ],
  },
  ...each('S6', ['session_key_required', 'some_new_action_9', 'revert'], (action) => ({
    title: `an action that the table lacks: ${action}`,
    steps: [post(event({ action }), { ...ok, stored: { events: [{ action }] } })],
  })),
  ...each('S7', ['invalid action', '', '9lives', `a${'b'.repeat(64)}`, 7, undefined], (action) => ({
    title: `no action: ${action}`,
    steps: [post(event({ action }), { status: 400, error: 'invalid_json_body', stored: nothing })],
  })),
  {
    id: 'S8',
    title: 'a batch of two apps',
    steps: [
      post([event(), event({ app_id: 'com.other.app' })], {
        equals: { error: 'mixed_app_ids', message: 'All events in a batch must have the same app_id' },
        stored: nothing,
      }),
    ],
  },
  ...each('S9', [event({ app_id: undefined }), {}, null, 7, 'x', []], (second) => ({
    title: `a later element without an app: ${JSON.stringify(second)?.slice(0, 20)}`,
    steps: [post([event(), second], { holds: { error: 'invalid_app_id' }, stored: nothing })],
  })),
  ...each('S10', [[{}], {}, 'null', [null], [[]]], (body) => ({
    title: `nobody's event: ${JSON.stringify(body)}`,
    steps: [post(body, { status: 400, error: 'invalid_app_id', holds: { message: 'App ID is required' } })],
  })),
  ...each('S11', [event({ app_id: 'nodots' }), [event({ app_id: 'nodots' })]], (body) => ({
    title: 'an app id without dots',
    steps: [
      post(body, {
        status: 400,
        error: 'invalid_app_id',
        holds: { message: 'App ID must be a reverse domain string' },
      }),
    ],
  })),
  {
    id: 'S12',
    title: 'an unknown app, with HTTP 200',
    steps: [post(event({ app_id: 'does.not.exist' }), { refused: 'app_not_found/failed' })],
  },
  {
    id: 'S13',
    title: 'a batch of an unknown app',
    steps: [
      post([event({ app_id: 'does.not.exist' }), event({ app_id: 'does.not.exist' })], {
        equals: {
          status: 'ok',
          results: [0, 1].map((index) => ({
            status: 'error',
            error: 'app_not_found',
            message: 'App not found',
            index,
          })),
        },
      }),
    ],
  },
  {
    id: 'S14',
    title: 'no version of the system',
    steps: [post(event({ version_os: undefined }), { ...ok, stored: { events: [{ action: 'set' }] } })],
  },
  {
    id: 'S15',
    title: 'a native version that is no semver',
    steps: [post(event({ version_build: 'invalid_version' }), { status: 400, error: 'semver_error', stored: nothing })],
  },
  {
    id: 'S16',
    title: 'a bundle that the app does not have is stored without counters, and not made up',
    steps: [
      post(event({ version_name: '1.0.0-missing.1' }), {
        ...ok,
        stored: {
          events: [{ version_name: '1.0.0-missing.1' }],
          counters: {},
          bundles: ['1.0.0', '1.0.1', '1.359.0', '1.360.0', '1.361.0'],
        },
      }),
    ],
  },
  ...each('S17', ['builtin', '', undefined, null], (version_name) => ({
    title: `from the store bundle, named ${version_name}`,
    steps: [
      post(event({ version_name, version_build: '0.1.0', action: 'app_moved_to_foreground' }), {
        ...ok,
        stored: { events: [{ version_name: version_name === 'builtin' ? '0.1.0' : null }], counters: {} },
      }),
    ],
  })),
  {
    id: 'S18',
    title: 'a failed download that names no bundle is about the one offered last',
    steps: [
      update(),
      post([event({ action: 'download_fail', version_name: undefined, plugin_version: '8.51.14' })], {
        ...okBatch(1),
        stored: {
          events: [{ action: 'get' }, { action: 'download_fail', version_name: '1.0.0' }],
          counters: { '+fail 1.0.0 production': 1 },
        },
      }),
    ],
  },
  {
    id: 'S18.never',
    title: 'a failed download on a device that was offered nothing',
    steps: [
      post([event({ action: 'download_fail', version_name: undefined, plugin_version: '8.51.14' })], {
        ...okBatch(1),
        stored: { events: [{ action: 'download_fail', version_name: null }], counters: {} },
      }),
    ],
  },
  ...each('S18.android', ['checksum_fail', 'unzip_fail', 'windows_path_fail'], (action) => ({
    title: `Android names the running bundle in ${action}: the counter is that of the offered one`,
    steps: [
      update(),
      post(event({ action, version_name: '1.0.1' }), {
        ...ok,
        stored: {
          events: [{ action: 'get' }, { action, version_name: '1.0.1' }],
          counters: { '+fail 1.0.0 production': 1 },
        },
      }),
    ],
  })),
  {
    id: 'S19',
    title: 'a file of a bundle',
    steps: [
      post(event({ action: 'download_manifest_file_fail', version_name: '1.0.0:assets/a.js' }), {
        ...ok,
        stored: {
          events: [{ action: 'download_manifest_file_fail', version_name: '1.0.0:assets/a.js' }],
          counters: { '+fail 1.0.0 production': 1 },
        },
      }),
    ],
  },
  {
    id: 'S20',
    title: 'a failure says nothing about the running bundle',
    steps: [
      post(event({ action: 'set', version_name: '1.0.1' }), ok),
      post(event({ action: 'update_fail', version_name: '1.0.0' }), {
        ...ok,
        stored: {
          events: [{ action: 'set' }, { action: 'update_fail', version_name: '1.0.0' }],
          counters: { '+install 1.0.1 production': 1, '+fail 1.0.0 production': 1 },
          device: { version_name: '1.0.1' },
        },
      }),
    ],
  },
  ...each('S21', [{ is_emulator: true }, { is_prod: false }], (change) => ({
    title: `no counters for ${Object.keys(change)[0]}`,
    steps: [
      post(event({ old_version_name: '1.0.1', ...change }), {
        ...ok,
        stored: { events: [{ action: 'set' }], counters: {} },
      }),
      post(event({ action: 'update_fail', ...change }), { ...ok, stored: { counters: {} } }),
    ],
  })),
  ...each('S22', ['7.16.9', '6.14.24', 'not-a-version', '5.9.5', '10.0.0'], (plugin_version) => ({
    title: `download_fail of plugin ${plugin_version} only says "nothing new"`,
    steps: [post(event({ action: 'download_fail', plugin_version }), { ...ok, stored: nothing })],
  })),
  ...each('S23', ['7.17.0', '6.14.25', '5.43.0', '7.27.10', '6.25.9', '8.51.14'], (plugin_version) => ({
    title: `download_fail of plugin ${plugin_version} is one`,
    steps: [
      post(event({ action: 'download_fail', plugin_version }), {
        ...ok,
        stored: { events: [{ action: 'download_fail' }], counters: { '+fail 1.0.0 production': 1 } },
      }),
    ],
  })),
  ...each('S23a', ['7.27.5', '6.25.6', '7.27.9', '6.25.8'], (plugin_version) => ({
    title: `download_fail of plugin ${plugin_version} is noise again`,
    steps: [post(event({ action: 'download_fail', plugin_version }), { ...ok, stored: nothing })],
  })),
  {
    id: 'S24',
    title: 'one bundle replaces another',
    steps: [
      post(event({ old_version_name: '1.0.1' }), {
        ...ok,
        stored: {
          events: [
            { action: 'set', version_name: '1.0.0', old_version_name: '1.0.1' },
            { action: 'uninstall', version_name: '1.0.1' },
          ],
          counters: { '+install 1.0.0 production': 1, '+uninstall 1.0.1 production': 1 },
        },
      }),
    ],
  },
  ...each('S24.none', ['1.0.0', '', 'builtin', 'nope', undefined], (old_version_name) => ({
    title: `nothing was uninstalled: ${old_version_name}`,
    steps: [
      post(event({ old_version_name }), {
        ...ok,
        stored: { events: [{ action: 'set' }], counters: { '+install 1.0.0 production': 1 } },
      }),
    ],
  })),
  {
    id: 'S25',
    title: 'metadata',
    steps: [
      post(event({ metadata: { a: 'b', 'ü ': '' } }), {
        ...ok,
        stored: { events: [{ metadata: { a: 'b', 'ü ': '' } }] },
      }),
    ],
  },
  ...each(
    'S26',
    [
      { sent: { a: 1, b: true, c: { d: [] }, e: null }, kept: { a: '1', b: 'true', c: '{"d":[]}' } },
      { sent: { a: 'x'.repeat(2049) }, kept: { a: 'x'.repeat(2048) } },
      { sent: { ['k'.repeat(65)]: 'v' }, kept: { ['k'.repeat(64)]: 'v' } },
      { sent: numbered(31), kept: numbered(30) },
      { sent: ['a'], kept: null },
      { sent: 'text', kept: null },
    ],
    ({ sent, kept }) => ({
      title: `metadata that does not fit: ${JSON.stringify(sent).slice(0, 30)}`,
      steps: [post(event({ metadata: sent }), { ...ok, stored: { events: [{ metadata: kept }] } })],
    }),
  ),
  {
    id: 'S27',
    title: 'an old plugin, one event without anything that newer ones send',
    steps: [
      post(event({ plugin_version: undefined, version_code: undefined, custom_id: null, is_prod: null }), {
        ...ok,
        stored: { events: [{ action: 'set', plugin_version: '', is_prod: true, is_emulator: false }] },
      }),
    ],
  },
  {
    id: 'S28',
    title: 'a custom id with blanks around',
    steps: [post(event({ custom_id: '  A  ' }), { ...ok, stored: { device: { custom_id: 'A' } } })],
  },
  {
    id: 'S28.blocked',
    title: 'a custom id that the app does not allow',
    state: { app: { allow_device_custom_id: false } },
    steps: [
      post(event({ custom_id: ' A ' }), {
        ...ok,
        stored: { device: { custom_id: '' }, events: [{ action: 'set' }, { action: 'customIdBlocked' }] },
      }),
      post(event({ custom_id: '  ', action: 'reset' }), {
        ...ok,
        stored: { events: [{ action: 'set' }, { action: 'customIdBlocked' }, { action: 'reset' }] },
      }),
    ],
  },
  {
    id: 'S29',
    title: 'a device id in capitals',
    steps: [
      post(event({ device_id: device_id.toUpperCase() }), { ...ok, stored: { events: [{ device_id }], device: {} } }),
    ],
  },
  {
    id: 'S30',
    title: "the device's own word about its channel is not trusted",
    state: { channels: { private: { allow_device_self_set: false, version: '1.0.0' } } },
    steps: [post(event({ channel: 'private' }), { ...ok, stored: { counters: { '+install 1.0.0 production': 1 } } })],
  },
  ...each(
    'S31',
    [
      { change: { defaultChannel: 'beta' }, channel: 'beta' },
      { change: { defaultChannel: 'no_access' }, channel: '' },
      { change: { platform: 'ios' }, channel: 'development' },
      { change: { platform: 'windows' }, channel: '' },
    ],
    ({ change, channel }) => ({
      title: `the channel of ${JSON.stringify(change)} is ${channel || 'none'}`,
      steps: [
        post(event(change), {
          ...ok,
          stored: { events: [{ channel }], counters: { [`+install 1.0.0 ${channel}`]: 1 } },
        }),
      ],
    }),
  ),
  {
    id: 'S32',
    title: 'two hundred events at once',
    steps: [
      post(
        Array.from({ length: 200 }, (_, index) => event({ action: 'download_10', timestamp: Date.now() + index })),
        okBatch(200),
      ),
    ],
  },
  {
    id: 'S33',
    title: 'the same event twice',
    steps: [
      post([event({ timestamp: Date.now() }), event({ timestamp: Date.now() + 1 })], okBatch(2)),
      ...sameTwice(Date.now() - 5000),
    ],
  },
  {
    id: 'S33.metadata',
    title: 'two events of the same millisecond that say different things, and the same two again',
    steps: [post(linesOf(['1', '2'], noonToday), okBatch(2)), post(linesOf(['2', '1'], noonToday), twoLines)],
  },
  {
    id: 'S33.cut',
    title: 'two events of the same millisecond that differ only beyond what is kept of them',
    steps: [
      post(linesOf([`${'x'.repeat(2048)}1`, `${'x'.repeat(2048)}2`], noonToday), {
        ...okBatch(2),
        stored: { events: [{}, {}] },
      }),
    ],
  },
  {
    id: 'S33.attributed',
    title: 'the same event again, when another bundle was offered meanwhile',
    steps: [update(), ...reportsAround(Date.now() - 5000)],
  },
  {
    id: 'S34',
    title: 'Electron',
    steps: [
      post(
        event({ platform: 'electron', plugin_version: '0.0.1', bundle_id: 'x', message: 'y', custom_id: undefined }),
        {
          ...ok,
          stored: { events: [{ platform: 'electron', channel: 'production' }] },
        },
      ),
    ],
  },
  ...each('S35', [Date.now() - 29 * 86_400_000, Date.now() + 29 * 86_400_000], (timestamp) => ({
    title: `the device's clock is believed: ${timestamp > Date.now() ? 'ahead' : 'behind'}`,
    steps: [post(event({ timestamp }), { ...ok, stored: { events: [{ occurred_at: new Date(timestamp) }] } })],
  })),
  ...each('S36', [0, -1, 1.5, '2026-01-01', 1e300, null], (timestamp) => ({
    title: `a timestamp that is none: ${timestamp}`,
    steps: [post(event({ timestamp }), { ...ok, stored: { events: [{ action: 'set', dedupe_key: null }] } })],
  })),
  ...each('S37', ['/plugin/stats', '/stats/'], (path) => ({
    title: `${path} is another name of the door`,
    steps: [{ path, body: event(), ...ok, stored: { events: [{ action: 'set' }] } }],
  })),
];

function numbered(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
}

function linesOf(lines: readonly string[], timestamp: number) {
  return lines.map((line) => event({ action: 'webview_javascript_error', timestamp, metadata: { line } }));
}

function sameTwice(timestamp: number): Step[] {
  const once = { '+install 1.0.0 production': 3 };
  return [
    post([event({ timestamp }), event({ timestamp })], { ...okBatch(2), stored: { counters: once } }),
    post(event({ timestamp }), { ...ok, stored: { counters: once } }),
  ];
}

function reportsAround(timestamp: number): Step[] {
  const failed = event({ action: 'low_mem_fail', version_name: undefined, timestamp });
  return [
    post(failed, { ...ok, stored: { counters: { '+fail 1.0.0 production': 1 } } }),
    {
      change: { channels: { production: { version: '1.0.1' } } },
      body: event({ action: undefined, version_name: '0.9.0' }),
      offered: '1.0.1',
    },
    post(failed, { ...ok, stored: { counters: { '+fail 1.0.0 production': 1 } } }),
  ];
}
