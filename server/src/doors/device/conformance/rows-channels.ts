// A device sets, reads, drops and lists channels (docs/protocol/device.md §12.6).

import { expect } from 'vitest';
import { ask, device_id, each, type Row, type State, type Step } from './row.ts';

const path = '/channel_self';
const newer = { plugin_version: '7.34.0' };
const older = { plugin_version: '7.33.0' };
const C = (change: Record<string, unknown> = {}) => ask({ channel: 'production', ...newer, ...change });
const set = (body: unknown, rest: Partial<Step> = {}): Step => ({ path, body, ...rest });
const get = (body: unknown, rest: Partial<Step> = {}): Step => ({ method: 'PUT', path, body, ...rest });
const drop = (change: Record<string, unknown>, rest: Partial<Step> = {}): Step => ({
  method: 'DELETE',
  path,
  query: textOf(ask(change)),
  ...rest,
});
const list = (change: Record<string, unknown> = {}, rest: Partial<Step> = {}): Step => ({
  method: 'GET',
  path,
  query: textOf(ask({ device_id: undefined, ...change })),
  ...rest,
});
const update = (change: Record<string, unknown>, offered: string): Step => ({ body: ask(change), offered });

const ok = { equals: { status: 'ok' } };
const override = (channel: string): State => ({ overrides: { [device_id]: channel } });
const closed = (...names: string[]): State => ({
  channels: Object.fromEntries(names.map((name) => [name, { allow_device_self_set: false }])),
});

/** A phone that keeps the channel that it was told, on native 1.0.0 with bundle 0.9.0. */
const phone = (change: Record<string, unknown> = {}) =>
  ask({ plugin_version: '8.51.14', version_name: '0.9.0', ...change });

export const channelRows: readonly Row[] = [
  ...each('C1', [undefined, ''], (channel) => ({
    title: `no channel: ${channel}`,
    steps: [set(C({ channel }), { equals: { error: 'missing_channel', message: 'Cannot find channel in body' } })],
  })),
  { id: 'C2', title: 'an empty body', steps: [set({}, { status: 400, error: 'invalid_json_body' })] },
  ...each('C2.json', ['POST', 'PUT', 'DELETE'] as const, (method) => ({
    title: `${method} with bad JSON`,
    steps: [{ method, path, body: '{', status: 400, error: 'invalid_json_parse_body' }],
  })),
  {
    id: 'C3',
    title: 'a native version that is no semver',
    steps: ['POST' as const, 'PUT' as const].map((method) => ({
      method,
      path,
      body: C({ version_build: 'invalid semver' }),
      status: 400,
      error: 'semver_error',
    })),
  },
  {
    id: 'C3.delete',
    title: 'the same in a query',
    steps: [drop({ version_build: 'invalid semver' }, { status: 400, error: 'semver_error' })],
  },
  ...each('C4', [{ device_id: undefined }, { device_id: 'x' }, { platform: 'windows' }, { app_id: 'x' }], (change) => ({
    title: `a field is wrong: ${JSON.stringify(change)}`,
    steps: [set(C(change), { status: 400 }), get(C(change), { status: 400 }), drop(change, { status: 400 })],
  })),
  {
    id: 'C4.code',
    title: 'a wrong field has another code in a query',
    steps: [
      set(C({ platform: 'x' }), { status: 400, error: 'invalid_json_body' }),
      drop({ platform: 'x' }, { status: 400, error: 'invalid_query_parameters' }),
      list({ platform: 'x' }, { status: 400, error: 'invalid_query_parameters' }),
    ],
  },
  {
    id: 'C5',
    title: 'a channel that does not exist',
    steps: [
      set(C({ channel: 'nope' }), {
        equals: {
          error: 'channel_not_found',
          message: 'Cannot find channel',
          channel: 'nope',
          app_id: 'com.demo.app',
        },
      }),
    ],
  },
  {
    id: 'C6',
    title: 'a public channel that devices may not set',
    state: closed('production'),
    steps: [
      set(C(), {
        holds: { error: 'public_channel_self_set_not_allowed', channel: 'production', app_id: 'com.demo.app' },
      }),
    ],
  },
  {
    id: 'C7',
    title: 'a private channel',
    state: closed('beta'),
    steps: [
      set(C({ channel: 'beta' }), {
        equals: {
          error: 'channel_self_set_not_allowed',
          message: 'This channel does not allow devices to self associate',
          channel: 'beta',
          app_id: 'com.demo.app',
        },
      }),
    ],
  },
  ...each('C8', ['7.34.0', '8.51.14', '5.34.0', '9.0.0', undefined], (plugin_version) => ({
    title: `plugin ${plugin_version} keeps its channel itself`,
    steps: [
      set(C({ channel: 'beta', plugin_version }), {
        equals: { status: 'ok', allowSet: true },
        stored: { override: null, events: [{ action: 'setChannel', channel: 'beta' }] },
      }),
    ],
  })),
  ...each('C9', ['7.33.0', '6.33.9', '5.9.5', '7.34.0-beta.1', 'unparsable'], (plugin_version) => ({
    title: `the server remembers the channel of plugin ${plugin_version}`,
    steps: [
      set(C({ channel: 'beta', plugin_version }), { ...ok, stored: { override: 'beta' } }),
      update(older, '1.361.0'),
    ],
  })),
  {
    id: 'C10',
    title: 'the default channel needs no memory',
    state: override('beta'),
    steps: [set(C(older), { ...ok, stored: { override: null } }), update({ version_name: '0.9.0' }, '1.0.0')],
  },
  {
    id: 'C11',
    title: 'a newer plugin leaves the override of an older one alone',
    state: override('beta'),
    steps: [set(C(), { stored: { override: 'beta' } })],
  },
  {
    id: 'C12',
    title: 'a device that was forced into a closed channel stays there',
    state: { ...closed('no_access'), ...override('no_access') },
    steps: [
      set(C({ ...older, channel: 'beta' }), { holds: { error: 'cannot_override' }, stored: { override: 'no_access' } }),
    ],
  },
  {
    id: 'C13',
    title: 'a bundle that the app does not have',
    steps: [set(C({ version_name: '9.9.9' }), { holds: { status: 'ok' } })],
  },
  {
    id: 'C14',
    title: 'older plugin, no override',
    steps: [get(ask(older), { equals: { channel: 'production', status: 'default' } })],
  },
  {
    id: 'C15',
    title: 'older plugin, forced channel',
    state: override('no_access'),
    steps: [get(ask(older), { equals: { channel: 'no_access', status: 'override', allowSet: true } })],
  },
  {
    id: 'C16',
    title: 'older plugin, channel named by its config',
    steps: [get(ask({ ...older, defaultChannel: 'beta' }), { equals: { channel: 'beta', status: 'default' } })],
  },
  {
    id: 'C17',
    title: 'older plugin, its config names no channel of the app',
    steps: [get(ask({ ...older, defaultChannel: 'nope' }), { holds: { error: 'channel_not_found' } })],
  },
  {
    id: 'C17.none',
    title: 'older plugin, no public channel',
    state: { channels: { production: { public: false } } },
    steps: [get(ask(older), { equals: { error: 'channel_not_found', message: 'Cannot find channel' } })],
  },
  {
    id: 'C18',
    title: 'newer plugin, channel in the body',
    steps: [get(C(), { equals: { channel: 'production', status: 'override', allowSet: true } })],
  },
  {
    id: 'C19',
    title: 'newer plugin, channel named by its config',
    steps: [
      get(ask({ ...newer, defaultChannel: 'production' }), { equals: { channel: 'production', status: 'default' } }),
    ],
  },
  {
    id: 'C20',
    title: 'newer plugin: the channel that it really runs, never a made-up name (ours)',
    state: { channels: { production: { public: false }, live: { public: true, ios: false, version: '1.0.0' } } },
    steps: [
      get(ask(newer), { equals: { channel: 'live', status: 'default' } }),
      { ...get(ask(newer)), change: override('beta'), holds: { channel: 'beta', status: 'override' } },
      get(ask({ ...newer, device_id: device_id.replace('0', 'f'), defaultChannel: 'nope' }), {
        holds: { error: 'channel_not_found' },
      }),
    ],
  },
  ...each('C20.kept', ['8.47.9', '8.51.23', '7.50.0', '6.51.16', '5.50.0', '11.0.0'], (plugin_version) => {
    const phone = (change: Record<string, unknown> = {}) => ask({ plugin_version, ...change });
    return {
      title: `plugin ${plugin_version} keeps what it is told: never the name of a forced or private channel`,
      state: { ...closed('no_access'), ...override('no_access') },
      steps: [
        get(phone(), {
          equals: { channel: 'production', status: 'override', allowSet: false },
          stored: { events: [{ action: 'getChannel', channel: 'no_access' }] },
        }),
        get(phone({ defaultChannel: 'beta' }), { holds: { channel: 'beta', status: 'override' } }),
        get(phone({ defaultChannel: 'no_access' }), { holds: { channel: 'production', status: 'override' } }),
        {
          ...get(phone()),
          change: { channels: { production: { public: false, allow_device_self_set: false } } },
          equals: { error: 'channel_not_found', message: 'Cannot find channel' },
        },
        {
          ...get(phone()),
          change: { ...override('beta'), channels: { production: { public: true } } },
          equals: { channel: 'production', status: 'override', allowSet: true },
        },
        // Released: what it kept leads where it belongs.
        {
          change: { overrides: { [device_id]: null } },
          body: phone({ defaultChannel: 'production', version_name: '0.9.0' }),
          offered: '1.0.0',
        },
      ],
    };
  }),
  ...each('C20.real', ['7.34.0', '8.47.8', '7.45.10', '9.0.0', undefined], (plugin_version) => ({
    title: `plugin ${plugin_version} does not keep it: the channel that it really runs`,
    state: override('beta'),
    steps: [get(ask({ plugin_version }), { equals: { channel: 'beta', status: 'override', allowSet: true } })],
  })),
  {
    id: 'C20.former',
    title: 'a name that was the default once leads to the default of today, also when its channel is gone',
    state: closed('production', 'beta'),
    steps: [
      { body: phone({ defaultChannel: 'production' }), offered: '1.0.0' },
      {
        change: { channels: { production: { public: false }, live: { public: true, ios: false, version: '1.0.1' } } },
        body: phone({ defaultChannel: 'production' }),
        offered: '1.0.1',
      },
      get(phone({ defaultChannel: 'production' }), { equals: { channel: 'live', status: 'default' } }),
      { body: ask({ ...older, version_name: '0.9.0', defaultChannel: 'production' }), offered: '1.0.1' },
      // Closed, and never the default.
      { body: phone({ defaultChannel: 'beta' }), refused: 'no_channel/failed', lacks: ['version', 'asked'] },
      { body: phone({ platform: 'ios', defaultChannel: 'production' }), refused: 'no_channel/failed' },
      {
        change: { channels: { live: { public: false } } },
        body: phone({ defaultChannel: 'production' }),
        refused: 'no_channel/failed',
      },
    ],
  },
  {
    id: 'C20.choice',
    title: 'the default once, and still open: those that keep what they are told follow, the others chose it',
    state: { channels: { live: { ios: false, version: '1.0.1' } } },
    steps: [
      {
        change: { channels: { production: { public: false }, live: { public: true } } },
        body: phone({ defaultChannel: 'production' }),
        offered: '1.0.1',
      },
      set(phone({ channel: 'production' }), { holds: { error: 'channel_self_set_not_allowed' } }),
      list({ plugin_version: '8.51.14' }, { names: ['beta', 'live'] }),
      { body: ask({ ...newer, version_name: '0.9.0', defaultChannel: 'production' }), offered: '1.0.0' },
      set(C(), { holds: { status: 'ok' } }),
      list({ plugin_version: '7.34.0' }, { names: ['beta', 'live', 'production'] }),
      { change: closed('production'), body: ask({ ...newer, defaultChannel: 'production' }), offered: '1.0.1' },
      // Who opens it again means those that name it.
      {
        change: { channels: { production: { allow_device_self_set: true } } },
        body: phone({ defaultChannel: 'production' }),
        offered: '1.0.0',
      },
      set(phone({ channel: 'production', device_id: device_id.replace('0', 'f') }), { holds: { status: 'ok' } }),
    ],
  },
  {
    id: 'C20.log',
    title: 'the log of the device names the channel that it asked for',
    state: closed('beta'),
    steps: [
      {
        body: phone({ defaultChannel: 'beta' }),
        refused: 'no_channel/failed',
        stored: { events: [{ action: 'NoChannelOrOverride', channel: '', metadata: { asked_channel: 'beta' } }] },
      },
    ],
  },
  {
    id: 'C21',
    title: 'hardly any fields',
    steps: [
      get(
        { app_id: 'com.demo.app', device_id, platform: 'android', version_name: '', version_build: '' },
        { holds: { status: 'default', channel: 'production' } },
      ),
    ],
  },
  {
    id: 'C22',
    title: 'no word of an error',
    steps: [get(ask(newer), { lacks: ['error', 'message', 'kind'], stored: { events: [{ action: 'getChannel' }] } })],
  },
  {
    id: 'C23',
    title: 'older plugin, nothing to drop',
    steps: [
      drop(older, {
        equals: {
          error: 'cannot_override',
          message: "Cannot change device override current channel don't allow it",
        },
      }),
    ],
  },
  {
    id: 'C24',
    title: 'older plugin drops its channel',
    state: override('beta'),
    steps: [drop(older, { ...ok, stored: { override: null } }), update({ version_name: '0.9.0' }, '1.0.0')],
  },
  {
    id: 'C24.closed',
    title: 'older plugin, forced into a closed channel',
    state: { ...closed('beta'), ...override('beta') },
    steps: [drop(older, { holds: { error: 'cannot_override' }, stored: { override: 'beta' } })],
  },
  {
    id: 'C25',
    title: 'older plugin, fields in a JSON body (ours)',
    state: override('beta'),
    steps: [{ method: 'DELETE', path, body: ask(older), ...ok, stored: { override: null } }],
  },
  {
    id: 'C26',
    title: 'newer plugins have nothing here to drop',
    state: override('beta'),
    steps: [drop(newer, { ...ok, stored: { override: 'beta' } })],
  },
  {
    id: 'C27',
    title: 'listing without a query',
    steps: [{ method: 'GET', path, status: 400, error: 'invalid_query_parameters' }],
  },
  {
    id: 'C28',
    title: 'listing without a platform',
    steps: [list({ platform: undefined }, { status: 400, error: 'invalid_query_parameters' })],
  },
  {
    id: 'C29',
    title: 'listing without an app',
    steps: [list({ app_id: undefined }, { status: 400, error: 'missing_app_id' })],
  },
  {
    id: 'C30',
    title: 'an unknown app, with HTTP 200',
    steps: [
      list({ app_id: 'does.not.exist' }, { refused: 'app_not_found/failed' }),
      set(C({ app_id: 'does.not.exist' }), { refused: 'app_not_found/failed' }),
      get(C({ app_id: 'does.not.exist' }), { refused: 'app_not_found/failed' }),
      drop({ app_id: 'does.not.exist' }, { refused: 'app_not_found/failed' }),
    ],
  },
  { id: 'C31', title: 'channels for Android', steps: [list({}, { names: ['production', 'beta'] })] },
  {
    id: 'C31.shape',
    title: 'what is said of a channel',
    state: { channels: { beta: { android: false } } },
    steps: [list({}, { equals: [{ id: expect.any(Number), name: 'production', public: true, allow_self_set: true }] })],
  },
  {
    id: 'C32',
    title: 'only what the listing needs',
    steps: [
      {
        method: 'GET',
        path,
        query: { app_id: 'com.demo.app', platform: 'android' },
        names: ['production', 'beta'],
      },
    ],
  },
  {
    id: 'C33',
    title: 'channels for Electron, asked in the native way',
    steps: [
      list(
        { platform: 'electron', action: 'list' },
        { holds: { channels: [{ name: 'beta' }, { name: 'electron_only' }, { name: 'production' }] } },
      ),
    ],
  },
  {
    id: 'C34',
    title: 'public channels can always be listed',
    state: closed('production', 'beta', 'development', 'no_access', 'electron_only'),
    steps: [list({ platform: 'ios' }, { names: ['development'] })],
  },
  {
    id: 'C35',
    title: 'a channel that is closed to emulators',
    state: { channels: { beta: { allow_emulator: false } } },
    steps: [
      list({ platform: 'ios', is_emulator: 'true' }, { names: ['development'] }),
      list({ platform: 'ios', is_emulator: 'TRUE' }, { names: ['development', 'beta'] }),
    ],
  },
  {
    id: 'C36',
    title: 'channels that are closed to kinds of builds and devices',
    state: { channels: { beta: { allow_prod: false }, production: { allow_dev: false, allow_device: false } } },
    steps: [
      list({ is_prod: 'true' }, { names: [] }),
      list({ is_prod: 'false' }, { names: ['beta'] }),
      list({ is_prod: 'true', is_emulator: 'true' }, { names: ['production'] }),
    ],
  },
  {
    id: 'C37',
    title: 'six times in a second',
    steps: [
      list({ device_id }, { times: 5, names: ['production', 'beta'] }),
      list(
        { device_id },
        {
          status: 429,
          error: 'too_many_requests',
          holds: { message: 'Too many requests', moreInfo: { app_id: 'com.demo.app', device_id } },
          headers: ['retry-after', 'x-ratelimit-reset'],
        },
      ),
      list({ device_id: device_id.replace('0', 'f') }, { names: ['production', 'beta'] }),
      list({}, { times: 6, names: ['production', 'beta'] }),
      get(ask(newer), { holds: { status: 'default' } }),
    ],
  },
  ...each('C38', ['8.51.4', '7.34.0', '7.33.0', '6.50.0'], (plugin_version) => ({
    title: `a double tap on plugin ${plugin_version}, which one 429 would silence (ours)`,
    steps: [
      set(C({ channel: 'beta', plugin_version }), { holds: { status: 'ok' } }),
      set(C({ channel: 'beta', plugin_version }), ok),
    ],
  })),
  {
    id: 'C38.newer',
    title: 'a double tap on a plugin that can wait',
    steps: [
      set(C({ plugin_version: '8.51.5' }), { holds: { status: 'ok' } }),
      set(C({ plugin_version: '8.51.5' }), { status: 429, error: 'too_many_requests', headers: ['retry-after'] }),
      set(C({ plugin_version: '8.51.5', channel: 'beta' }), { holds: { status: 'ok' } }),
    ],
  },
  {
    id: 'C39',
    title: 'Electron lists (ours)',
    steps: [
      list(
        { platform: 'electron', plugin_version: '0.0.1', action: 'list' },
        { holds: { channels: [{ name: 'beta' }, { name: 'electron_only' }, { name: 'production' }] } },
      ),
    ],
  },
  {
    id: 'C40',
    title: 'Electron reads with GET (ours)',
    steps: [
      list(
        { device_id, platform: 'electron', plugin_version: '0.0.1' },
        { equals: { channel: 'production', allow_set: true, status: 'default' } },
      ),
    ],
  },
  ...each(
    'C40.refused',
    [
      { channel: 'typo', error: 'channel_not_found' },
      { channel: 'beta', error: 'channel_self_set_not_allowed' },
      { channel: 'production', error: 'public_channel_self_set_not_allowed' },
      { channel: undefined, error: 'missing_channel' },
      { app_id: 'does.not.exist', error: 'app_not_found' },
    ],
    ({ error, ...change }) => ({
      title: `Electron hears that ${error} is no consent`,
      state: closed('beta', 'production'),
      steps: [
        set(C({ platform: 'electron', plugin_version: '0.0.1', action: 'set', ...change }), {
          holds: { error, status: 'error' },
        }),
        set(C(change), { holds: { error }, lacks: ['status'] }),
      ],
    }),
  ),
  {
    id: 'C40.none',
    title: 'Electron reads, and there is nothing to read',
    steps: [
      list(
        { device_id, platform: 'electron', plugin_version: '0.0.1', defaultChannel: 'nope' },
        { holds: { error: 'channel_not_found', status: 'error' } },
      ),
    ],
  },
  {
    id: 'C41',
    title: 'Electron sets and drops (ours)',
    steps: [
      set(C({ platform: 'electron', plugin_version: '0.0.1', action: 'set' }), { holds: { status: 'ok' } }),
      set(C({ platform: 'electron', plugin_version: '0.0.1', action: 'unset', channel: undefined }), ok),
    ],
  },
];

function textOf(fields: Record<string, unknown>): Record<string, string> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}
