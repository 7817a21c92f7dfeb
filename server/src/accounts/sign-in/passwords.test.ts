// Passwords that are refused, and those that are not.

import { expect, test } from 'vitest';
import { assertPassword } from './passwords.ts';

const email = 'margarethe@example.test';

test.each([
  ['short', 'Tr0ub4dor&3'],
  ['empty', ''],
  ['in the list', 'unbelievable'],
  ['in the list, in capitals', 'UNBELIEVABLE'],
  ['a common one and digits', 'password2024'],
  ['two common ones', 'qwertydragon'],
  ['common ones and a sign', '123456qwerty!'],
  ['a common one twice', 'passwordpassword'],
  ['one character', 'aaaaaaaaaaaaaa'],
  ['a few characters by turns', 'ababababababab'],
  ['the own address', 'margarethe12'],
  ['the whole own address', 'margarethe@example.test'],
  ['the name of this program', 'overairoverair'],
  ['too long', 'long and '.repeat(20)],
])('refused: %s', (_what, password) => {
  expect(() => assertPassword(password, email)).toThrow('This password cannot be taken');
});

test.each(['correct horse battery staple', 'vZ4-kq9!mLw2', 'Apfelbaum im Regen', '一二三四五六七八九十百千万'])(
  'taken: %s',
  (password) => {
    expect(() => assertPassword(password, email)).not.toThrow();
  },
);

test('the sentence says what to do', () => {
  expect(() => assertPassword('eleven char', email)).toThrow('it has 11 characters, and at least 12 are needed');
});
