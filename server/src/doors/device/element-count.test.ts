import { expect, test } from 'vitest';
import { refuseManyElements } from './element-count.ts';

const text = 'a stack, with [brackets] and {braces} and a \\"quote\\" and \\\\';
const list = (count: number, element: string) => `[${Array(count).fill(element).join(',')}]`;
const tooMany = expect.objectContaining({ code: 'too_many_elements', status: 413 });

test.each([
  ['a megabyte of text', list(1_000, `"${text.repeat(16)}"`)],
  ['a thousand events with everything', list(1_000, `{"a":1${',"key":"some value, or other"'.repeat(48)}}`)],
  ['a small body, whatever it holds', list(20_000, '[]')],
  ['a string without end', `["${text.repeat(5_000)}`],
])('%s may be parsed', (_what, body) => {
  expect(() => refuseManyElements(body)).not.toThrow();
});

test.each([
  ['numbers', list(60_000, '1')],
  ['objects', list(30_000, '{"k":"\\\\"}')],
  ['lists in lists', '['.repeat(60_000) + ']'.repeat(60_000)],
  ['values after text', `["${text}"${',0'.repeat(60_000)}]`],
])('too many %s may not', (_what, body) => {
  expect(() => refuseManyElements(body)).toThrow(tooMany);
});
