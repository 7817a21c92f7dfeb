// The wall around the rule that an invitation grants nothing: who may name the table, and who may look past the rule.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '..');
const files = globSync('**/*.ts', { cwd: source }).filter((path) => !/\.test\.ts$|(^|\/)testing\//.test(path));
const read = (path: string) => readFileSync(join(source, path), 'utf8');
const naming = (pattern: RegExp) => files.filter((path) => pattern.test(read(path))).toSorted();

test('one file reads and writes memberships', () => {
  const query =
    /(selectFrom|insertInto|updateTable|deleteFrom|Join|using|mergeInto)\(\s*\[?\s*['"`]org_users|(from|join|into|update|using)\s+"?org_users/i;
  expect(naming(query)).toEqual(['accounts/member-rows.ts']);
});

test('what does not ask whether a membership was accepted is used for lists and for changing members alone', () => {
  expect(naming(/\b(membersAndPending|findMember)\b/)).toEqual([
    'accounts/invitations.ts',
    'accounts/member-rows.ts',
    'accounts/members.ts',
  ]);
  expect(naming(/\bpendingMembers\b/)).toEqual(['accounts/invitations.ts', 'accounts/member-rows.ts']);
});

test('a query starts from one of three, each of which says what it holds', () => {
  const starts = read('accounts/member-rows.ts').match(/^.*(selectFrom\('org_users'\)|from org_users).*$/gm) ?? [];
  expect(starts.map((line) => line.trim())).toEqual([
    "export const members = (db: Db) => db.selectFrom('org_users').where('org_users.is_invite', '=', false);",
    "export const pendingMembers = (db: Db) => db.selectFrom('org_users').where('org_users.is_invite', '=', true);",
    "export const membersAndPending = (db: Db) => db.selectFrom('org_users');",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    'sql`(select org_id from org_users where user_id = ${user_id} and not is_invite)`;',
  ]);
});
