// Which bytes a Range header asks for: one row, one test.

import { describe, expect, it } from 'vitest';
import { isKnown, isRangeWanted, parseRange, type RangeVerdict } from './range.ts';

const size = 1000;

describe('of 1000 bytes', () => {
  it.each<[string | undefined, RangeVerdict]>([
    [undefined, 'whole'],
    ['bytes=0-', { start: 0, end: 999 }],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=500-', { start: 500, end: 999 }],
    ['bytes=500-599', { start: 500, end: 599 }],
    ['bytes=999-', { start: 999, end: 999 }],
    ['bytes=500-5000', { start: 500, end: 999 }],
    [`bytes=500-${'9'.repeat(400)}`, { start: 500, end: 999 }],
    ['Bytes = 1 - 2 ', { start: 1, end: 2 }],
    ['bytes=-1', { start: 999, end: 999 }],
    ['bytes=-1000', { start: 0, end: 999 }],
    ['bytes=-5000', { start: 0, end: 999 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=1000-', 'unsatisfiable'],
    ['bytes=1000-2000', 'unsatisfiable'],
    [`bytes=${'9'.repeat(400)}-`, 'unsatisfiable'],
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=5-4', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=1.5-2', 'whole'],
    ['bytes=+1-2', 'whole'],
    ['items=0-1', 'whole'],
    ['0-1', 'whole'],
    ['', 'whole'],
  ])('%j asks for %j', (header, verdict) => {
    expect(parseRange(header, size)).toEqual(verdict);
  });
});

describe('of no bytes', () => {
  it.each<[string | undefined, RangeVerdict]>([
    [undefined, 'whole'],
    ['bytes=0-', 'unsatisfiable'],
    ['bytes=0-0', 'unsatisfiable'],
    ['bytes=-5', 'unsatisfiable'],
  ])('%j asks for %j', (header, verdict) => {
    expect(parseRange(header, 0)).toEqual(verdict);
  });
});

describe('conditions on the ETag "abc"', () => {
  it.each([
    [undefined, false],
    ['"abc"', true],
    ['W/"abc"', true],
    ['"x", "abc"', true],
    ['*', true],
    ['"x"', false],
    ['abc', false],
  ])('If-None-Match: %j → known: %j', (header, known) => {
    expect(isKnown(header, '"abc"')).toBe(known);
  });

  it.each([
    [undefined, true],
    ['"abc"', true],
    ['W/"abc"', false],
    ['"x"', false],
    ['Wed, 21 Oct 2015 07:28:00 GMT', false],
  ])('If-Range: %j → range wanted: %j', (header, wanted) => {
    expect(isRangeWanted(header, '"abc"')).toBe(wanted);
  });
});
