import { assert, constantFrom, jsonValue, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { findNumbered, codeOf as numberOf } from './numbers.ts';
import { parseRequest } from './request.ts';

const web = { alert: 'x', title: 't', url: 'https://e.x/' };
const base = { platform: 'web', notification: { web } };

function codeOf(request: unknown): number | 'accepted' {
  try {
    parseRequest(request);
    return 'accepted';
  } catch (error) {
    const known = findNumbered(error);
    return known ? numberOf(known) : Number.NaN;
  }
}

const withBody = (body: object) => ({ to: 'all', body });
const withOptions = (options: object) => withBody({ ...base, options });
const withIos = (ios: object) => withBody({ platform: 'ios', notification: { ios: { alert: 'x', ...ios } } });
const withAndroid = (android: object) =>
  withBody({ platform: 'android', notification: { android: { alert: 'x', ...android } } });
const live = (ios: object, to: unknown = 'all') => ({ to, body: { platform: 'ios', live_activity: { ios } } });

const rows: readonly (readonly [string, unknown, number | 'accepted'])[] = [
  ['upper-case platform', withBody({ ...base, platform: 'WEB' }), 'accepted'],
  ['unknown platform', withBody({ ...base, platform: 'tv' }), 21003],
  ['platform of numbers', withBody({ ...base, platform: [1] }), 21016],
  [
    'null parts',
    { ...withBody({ ...base, message: null, options: null }), request_id: null, custom_args: null },
    'accepted',
  ],
  ['number as request_id', { ...withBody(base), request_id: 7 }, 'accepted'],
  ['list as custom_args', { ...withBody(base), custom_args: [] }, 21016],
  ['alert of a number', withBody({ ...base, notification: { web: { ...web, alert: 5 } } }), 21016],
  [
    'url that runs a script',
    withBody({ ...base, notification: { web: { ...web, url: 'javascript:alert(1)' } } }),
    21003,
  ],
  ['message without content', withBody({ platform: 'android', message: {} }), 21002],
  ['message of 4001 bytes', withBody({ platform: 'android', message: { msg_content: 'x'.repeat(4000) } }), 21005],
  ['ttl 0', withOptions({ time_to_live: 0 }), 'accepted'],
  ['ttl of half a second', withOptions({ time_to_live: 0.5 }), 21003],
  ['ttl as text', withOptions({ time_to_live: '60' }), 21016],
  ['apns_production as text', withOptions({ apns_production: 'false' }), 'accepted'],
  ['apns_production as a number', withOptions({ apns_production: 1 }), 21016],
  ['collapse id of 65 bytes', withOptions({ apns_collapse_id: 'x'.repeat(65) }), 21003],
  ['slow push of 1441 minutes', withOptions({ big_push_duration: 1441 }), 23006],
  ['override as digits', withOptions({ override_msg_id: '1000000001' }), 'accepted'],
  ['override as a word', withOptions({ override_msg_id: 'last' }), 1003],
  ['cid with a blank', withOptions({ cid: 'a b' }), 21003],
  ['three buttons', withOptions({ web_buttons: [1, 2, 3].map((n) => ({ id: `${n}`, text: 'b' })) }), 21003],
  ['button without text', withOptions({ web_buttons: [{ id: '1' }] }), 21002],
  ['every distribution', withOptions({ third_party_channel: { w3push: { distribution: 'mtpush' } } }), 'accepted'],
  ['empty distribution', withOptions({ third_party_channel: { fcm: { distribution: '' } } }), 27009],
  ['badge +1', withIos({ badge: '+1' }), 'accepted'],
  ['badge of a word', withIos({ badge: 'many' }), 21003],
  ['extras named aps', withIos({ extras: { aps: {} } }), 21003],
  ['unknown interruption level', withIos({ 'interruption-level': 'loud' }), 21003],
  ['ios block of 2001 bytes', withIos({ alert: 'x'.repeat(2000) }), 21005],
  ['android priority 3', withAndroid({ priority: 3 }), 21003],
  ['android badge 0 to add', withAndroid({ badge_add_num: 0 }), 21003],
  ['hmos push_type 1', withBody({ platform: 'hmos', notification: { hmos: { alert: 'x', push_type: 1 } } }), 21003],
  ['live activity without event', live({ 'content-state': { a: 1 } }), 21050],
  ['live activity start without type', live({ event: 'start', 'content-state': { a: 1 } }), 21052],
  ['live activity without state', live({ event: 'end' }), 21053],
  [
    'live activity start to tags',
    live({ event: 'start', 'attributes-type': 'T', 'content-state': { a: 1 } }, { tag: ['a'] }),
    21051,
  ],
  [
    'live activity with a message',
    withBody({
      platform: 'ios',
      live_activity: { ios: { event: 'end', 'content-state': { a: 1 } } },
      message: { msg_content: 'm' },
    }),
    21054,
  ],
  [
    'slow live activity',
    withBody({
      platform: 'ios',
      live_activity: { ios: { event: 'end', 'content-state': { a: 1 } } },
      options: { big_push_duration: 5 },
    }),
    21059,
  ],
  ['voip to android', withBody({ platform: 'android', voip: { a: 1 } }), 21058],
  ['21 tags', { to: { tag: Array.from({ length: 21 }, (_, n) => `t${n}`) }, body: base }, 21003],
  ['an empty tag', { to: { tag: [''] }, body: base }, 21003],
  ['tags that are numbers', { to: { tag: [1] }, body: base }, 21016],
  ['to as a word', { to: 'everybody', body: base }, 21003],
  ['an unknown live-update fact', { to: { live_update: { bundles: ['1'] } }, body: base }, 21015],
  ['a live-update fact', { to: { live_update: { bundle: ['1.0.0'] } }, body: base }, 'accepted'],
];

test.each(rows)('%s', (_what, request, expected) => {
  expect(codeOf(request)).toBe(expected);
});

test('options beside body count only when body has none', () => {
  const beside = { ...withBody(base), options: { time_to_live: 5 } };
  expect(parseRequest(beside).message.options.ttl_seconds).toBe(5);
  const both = { ...withOptions({ time_to_live: 9 }), options: { time_to_live: 5 } };
  expect(parseRequest(both).message.options.ttl_seconds).toBe(9);
});

test('whatever is sent, the answer is a number of the dialect', () => {
  const anything = record(
    {
      to: jsonValue(),
      body: record(
        {
          platform: constantFrom('web', 'all', 'ios'),
          notification: jsonValue(),
          message: jsonValue(),
          options: jsonValue(),
          voip: jsonValue(),
        },
        { requiredKeys: [] },
      ),
      options: jsonValue(),
      custom_args: jsonValue(),
    },
    { requiredKeys: [] },
  );
  assert(property(anything, (request) => codeOf(request) === 'accepted' || Number(codeOf(request)) > 0));
});
