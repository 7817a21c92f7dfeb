import { expect, test } from 'vitest';
import { parseRequest } from '../../doors/mtpush/dialect/request.ts';
import { packAudience, packMessage, unpackAudience, unpackMessage } from './stored-form.ts';

const request = parseRequest({
  to: { tag: ['gold'], live_update: { channel: ['production'] } },
  body: {
    platform: ['android', 'ios', 'web'],
    notification: {
      alert: 'x',
      android: { priority: 1, extras: { a: 1 } },
      ios: { badge: '+1', sound: 'ding' },
      web: { url: 'https://example.com/', title: 't' },
    },
    options: { apns_collapse_id: 'c', multi_language: { de: { content: 'y' } } },
  },
});
const { message, audience } = request;

test('a message comes back as it was put away', () => {
  expect(unpackMessage(JSON.parse(packMessage(message)))).toEqual(message);
});

test('an audience comes back as it was put away', () => {
  const stored = { audience, segment: audience, part: { hour: 7 } };
  expect(unpackAudience(JSON.parse(packAudience(stored)))).toEqual(stored);
});

/** As the server stored them before forms were numbered. */
const FORM_1 = {
  notification: JSON.parse(`{"platforms":["ios"],"named":true,"notification":{"alert":"x","ios":{"badge":{"add":1},
    "content_available":false,"mutable_content":false}},"options":{"ttl_seconds":86400,"apns_production":false,
    "apns_collapse_id":"c","languages":{},"web_buttons":[],"urgent":false,"auto_truncation":false,"distributions":[]}}`),
  activity: JSON.parse(`{"platforms":["ios"],"named":true,"live_activity":{"event":"update","content_state":{"a":1},
    "apns_priority":5},"options":{"ttl_seconds":86400,"apns_production":true,"languages":{},"web_buttons":[],
    "urgent":false,"auto_truncation":false,"distributions":[]}}`),
  audience: JSON.parse('{"audience":{"all":false,"tag":["gold"],"live_update":{"channel":["beta"]}}}'),
};

test('a message from before forms were numbered keeps what it says under the names of today', () => {
  const { options, notification } = unpackMessage(FORM_1.notification);
  expect(options).toMatchObject({ ios_production: false, ios_collapse_id: 'c' });
  expect(Object.keys(options).filter((name) => name.startsWith('apns'))).toEqual([]);
  expect(notification?.ios?.badge).toEqual({ add: 1 });
  expect(unpackMessage(FORM_1.activity).live_activity).toMatchObject({ content_state: { a: 1 }, priority: 5 });
});

test('an audience from before forms were numbered is no wider', () => {
  expect(unpackAudience(FORM_1.audience).audience).toEqual({
    ...audience,
    live_update: { ...audience.live_update, channel: ['beta'] },
  });
});

/** Paths of fields that have a value in a message that says everything, such as `options.urgent`. */
function pathsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const path = prefix + name;
    const isBlock = [
      'options',
      'notification',
      'notification.android',
      'notification.ios',
      'notification.web',
    ].includes(path);
    return isBlock ? pathsOf(inner as object, `${path}.`) : [path];
  });
}

function without(value: object, [first, ...rest]: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      if (name !== first) return [[name, inner]];
      return rest.length > 0 ? [[name, without(inner as object, rest)]] : [];
    }),
  );
}

const requiredFields = pathsOf(message).filter((path) => {
  const value = path.split('.').reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], message);
  return typeof value === 'boolean' || typeof value === 'number' || Array.isArray(value);
});

test.each(requiredFields)('a message that was stored before there was a field %s has it when it is read', (path) => {
  const stored = without(JSON.parse(packMessage(message)), path.split('.'));
  const read = path
    .split('.')
    .reduce<unknown>(
      (inner, name) => (inner as Record<string, unknown>)[name],
      unpackMessage(stored as Record<string, unknown>),
    );
  expect(read).toBeDefined();
});

test('a form that only a newer server knows is refused, not half understood', () => {
  expect(() => unpackMessage({ ...JSON.parse(packMessage(message)), v: 99 })).toThrow('form 99');
  expect(() => unpackAudience({ ...FORM_1.audience, v: 99 })).toThrow('form 99');
});
