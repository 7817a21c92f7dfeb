// Bounds the work of JSON.parse before it begins: a megabyte of tiny objects holds up the thread a hundred times longer
// than a megabyte of text.

import { AppError } from '../../errors.ts';

/** Below this no body is slow. */
const SMALL_LENGTH = 64 * 1024;
/** A thousand events with every field and thirty values of metadata. */
const MAX_ELEMENTS = 50_000;

/** Throws `too_many_elements` for more values, lists and objects than any client sends. */
export function refuseManyElements(text: string): void {
  if (text.length > SMALL_LENGTH && hasMoreElements(text, MAX_ELEMENTS)) {
    throw new AppError('too_many_elements', 413, `A body has at most ${MAX_ELEMENTS} values`);
  }
}

/** Counts what begins a value outside of strings. Whether it is JSON at all is not asked. */
function hasMoreElements(text: string, most: number): boolean {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if ((character === ',' || character === '{' || character === '[') && ++count > most) return true;
  }
  return false;
}

/** Index of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
