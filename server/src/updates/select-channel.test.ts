// Which channel a device listens to, case by case.

import { expect, test } from 'vitest';
import { clientOf, type Platform } from './client.ts';
import { selectChannel, whyNoChannel } from './select-channel.ts';
import { aChannel, aState, deviceIds } from './testing/arbitraries.ts';

const device_id = deviceIds[0] as string;
const closed = { public: false, allow_device_self_set: false };
const state = aState({
  channels: [
    aChannel({ id: 1, name: 'a-gone', unusable: true }),
    aChannel({ id: 2, name: 'b-phones', electron: false }),
    aChannel({ id: 3, name: 'c-all' }),
    aChannel({ id: 4, name: 'self', public: false, allow_device_self_set: true, ios: false }),
    aChannel({ id: 5, name: 'closed', ...closed }),
    aChannel({ id: 6, name: 'forced-gone', ...closed, unusable: true }),
  ],
});

test.each([
  { platform: 'android', named: '', forced: undefined, found: 'b-phones public', why: 'the first usable public one' },
  { platform: 'electron', named: '', forced: undefined, found: 'c-all public', why: 'the first one of the platform' },
  { platform: 'android', named: 'self', forced: undefined, found: 'self named', why: 'it may be set' },
  { platform: 'android', named: 'c-all', forced: undefined, found: 'c-all named', why: 'public ones may be named' },
  { platform: 'ios', named: 'self', forced: undefined, found: undefined, why: 'off for the platform, no fallback' },
  { platform: 'android', named: 'Self', forced: undefined, found: undefined, why: 'names are case-sensitive' },
  { platform: 'android', named: 'closed', forced: undefined, found: undefined, why: 'private' },
  { platform: 'android', named: 'a-gone', forced: undefined, found: undefined, why: 'its bundle was deleted' },
  { platform: 'android', named: '', forced: 5, found: 'closed override', why: 'a forced channel may be private' },
  {
    platform: 'ios',
    named: '',
    forced: 4,
    found: 'self override',
    why: 'a forced channel may be off for the platform',
  },
  { platform: 'android', named: 'self', forced: 5, found: 'closed override', why: 'forced wins over named' },
  {
    platform: 'android',
    named: '',
    forced: 6,
    found: 'b-phones public',
    why: 'forced to a deleted bundle is not forced',
  },
  { platform: 'android', named: 'self', forced: 99, found: 'self named', why: 'forced to a channel that is gone' },
] as const)('$platform, named "$named", forced $forced: $found ($why)', ({ platform, named, forced, found }) => {
  const overrides = new Map<string, number>(forced === undefined ? [] : [[device_id, forced]]);
  const client = clientOf(platform, '8.51.14');
  const selection = selectChannel({ ...state, overrides }, { device_id, platform, client, defaultChannel: named });
  expect(selection && `${selection.channel.name} ${selection.via}`).toBe(found);
});

const former = new Map<string, readonly Platform[]>([
  ['closed', ['ios', 'android']],
  ['self', ['android']],
  ['deleted', ['android']],
  ['c-all', ['android', 'electron']],
]);

test.each([
  { platform: 'android', named: 'closed', found: 'b-phones public', why: 'the default once, closed now' },
  { platform: 'electron', named: 'closed', found: undefined, why: 'never the default of this platform' },
  { platform: 'android', named: 'deleted', found: 'b-phones public', why: 'the default once, gone now' },
  { platform: 'android', named: 'self', found: 'b-phones public', why: 'the client repeats what it was told' },
  { platform: 'android', named: 'self', plugin: '8.47.8', found: 'self named', why: 'the client names what it chose' },
  { platform: 'android', named: 'c-all', found: 'c-all named', why: 'public again' },
  { platform: 'android', named: 'a-gone', found: undefined, why: 'never the default: no fallback' },
] as const)('the default once: $platform, named "$named": $found ($why)', ({ platform, named, found, ...rest }) => {
  const client = clientOf(platform, 'plugin' in rest ? rest.plugin : '8.51.14');
  const listener = { device_id, platform, client, defaultChannel: named };
  const selection = selectChannel({ ...state, formerDefaults: former }, listener);
  expect(selection && `${selection.channel.name} ${selection.via}`).toBe(found);
});

test.each([
  { named: '', platform: 'ios', channels: [], words: 'The app has no public channel for ios' },
  { named: 'closed', platform: 'ios', channels: [], words: 'the app has no public channel for ios' },
  { named: 'nope', platform: 'ios', words: 'asks for channel "nope", which the app does not have' },
  { named: 'closed', platform: 'electron', words: '"closed", which is neither public nor open to devices' },
  { named: 'self', platform: 'ios', words: '"self", which is off for ios' },
  { named: 'a-gone', platform: 'ios', words: '"a-gone", whose bundle was deleted' },
] as const)('why $platform gets no channel for "$named": $words', ({ named, platform, words, ...rest }) => {
  const client = clientOf(platform, '8.51.14');
  const channels = 'channels' in rest ? rest.channels : state.channels;
  const app = { ...state, channels, formerDefaults: former };
  expect(whyNoChannel(app, { device_id, platform, client, defaultChannel: named })).toContain(words);
});
