import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { expect, test } from 'vitest';
import { PASSWORD_COST, passwordHash } from './password-hash.ts';

const password = 'ſeven quiet lamps burn';
const { hash, verify } = passwordHash(PASSWORD_COST);

test('the library reads our hashes, and we read those of the library', async () => {
  expect(await verifyPassword({ hash: await hash(password), password })).toBe(true);
  const theirs = await hashPassword(password);
  expect(await verify({ hash: theirs, password })).toBe(true);
  expect(await verify({ hash: theirs, password: `${password} ` })).toBe(false);
});

test('a hash of another form is an error, not a wrong password', async () => {
  for (const broken of ['', 'salt', 'salt:', ':00', 'salt:00']) {
    await expect(verify({ hash: broken, password })).rejects.toThrow('not readable');
  }
});
