// Which passwords are taken: long ones that nobody guesses first. No service is asked; the list comes with the server.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../errors.ts';

export const MIN_PASSWORD_LENGTH = 12;
/** Longer ones would let strangers keep the processor busy. */
export const MAX_PASSWORD_LENGTH = 128;

const LEAST_DISTINCT = 5;
/** What is left besides words that everybody tries has to be at least this long. */
const LEAST_OWN = 5;
const listFile = fileURLToPath(new URL('../../../passwords/common-passwords.txt', import.meta.url));
let common: Set<string> | undefined;

function commonPasswords(): Set<string> {
  common ??= new Set(
    readFileSync(listFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
  return common;
}

const weak = (reason: string) => new AppError('weak_password', 400, `This password cannot be taken: ${reason}`);

/** Throws `weak_password` with the reason. `email` is the person's own, which is the first thing to try. */
export function assertPassword(password: string, email: string): void {
  const length = [...password].length;
  if (length < MIN_PASSWORD_LENGTH) {
    throw weak(
      `it has ${length} characters, and at least ${MIN_PASSWORD_LENGTH} are needed. Three or four words are fine`,
    );
  }
  if (password.length > MAX_PASSWORD_LENGTH) throw weak(`it has more than ${MAX_PASSWORD_LENGTH} characters`);
  const plain = password.normalize('NFKC').toLowerCase();
  if (new Set(plain).size < LEAST_DISTINCT) throw weak('it repeats a few characters');
  const own = email
    .toLowerCase()
    .split(/[@.+_-]/)
    .filter((part) => part.length >= 4);
  if (isGuessedEarly(plain, [...own, 'overair'])) {
    throw weak('it is among the first that are tried. Three or four words that nobody would put together are better');
  }
}

/** A common one, or common ones and the person's own name put together with little else. */
function isGuessedEarly(plain: string, own: readonly string[]): boolean {
  const known = commonPasswords();
  if (known.has(plain)) return true;
  let rest = own.reduce((text, word) => text.replaceAll(word, ''), plain);
  for (let pieces = 0; pieces < 3; pieces += 1) {
    const before = rest;
    rest = withoutLongest(rest, known);
    if (rest === before) break;
  }
  return rest.length < LEAST_OWN;
}

/** Without the longest common password that it begins or ends with. */
function withoutLongest(text: string, known: ReadonlySet<string>): string {
  for (let length = text.length; length >= 4; length -= 1) {
    if (known.has(text.slice(0, length))) return text.slice(length);
    if (known.has(text.slice(-length))) return text.slice(0, -length);
  }
  return text;
}
