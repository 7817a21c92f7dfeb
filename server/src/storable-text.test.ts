// What comes out of these can be stored: no NUL, no half of a surrogate pair, in names of JSON neither.

import { describe, expect, test } from 'vitest';
import { parseStorableJson, storableOrRefused, storableText } from './storable-text.ts';

const refuse = () => new Error('NUL');

test.each([
  ['plain', undefined, 'plain'],
  ['a\0b', undefined, 'ab'],
  ['a\ud800b', undefined, 'a\ufffdb'],
  ['😀😀', undefined, '😀😀'],
  ['abc', 2, 'ab'],
  ['a😀', 2, 'a\ufffd'],
  ['a\0bc', 3, 'ab'],
])('of %j, cut at %s, %j is kept', (text, maxLength, kept) => {
  expect(storableText(text, maxLength)).toBe(kept);
});

test('text that may not be changed silently is refused for a NUL and mended for half a pair', () => {
  expect(() => storableOrRefused('a\0b', refuse)).toThrow('NUL');
  expect(storableOrRefused('a\udc00', refuse)).toBe('a\ufffd');
});

describe('JSON', () => {
  test.each([
    ['{"a":["x\\ud800",{"b":"\\udfff"}],"n":1}', { a: ['x\ufffd', { b: '\ufffd' }], n: 1 }],
    ['{"\\ud800":"v","b":{"c\\udc00":{"d":1}}}', { '\ufffd': 'v', b: { 'c\ufffd': { d: 1 } } }],
    ['"\\ud800"', '\ufffd'],
    ['null', null],
  ])('%s is %j', (text, value) => {
    expect(parseStorableJson(text, refuse)).toEqual(value);
  });

  test.each(['{"a":"x\\u0000"}', '{"a\\u0000":1}', '["\\u0000"]', '"\\u0000"'])('%s is refused', (text) => {
    expect(() => parseStorableJson(text, refuse)).toThrow('NUL');
  });

  test('a name that is special to JavaScript stays an ordinary one', () => {
    const value = parseStorableJson('{"__proto__":{"x":"\\ud800"}}', refuse);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"x":"\ufffd"}}');
  });

  test('what is no JSON is a SyntaxError', () => {
    expect(() => parseStorableJson('{', refuse)).toThrow(SyntaxError);
  });
});
