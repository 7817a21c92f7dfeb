import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refuseClosedFolders } from './closed-folders.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'overair-closed-'));
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'clone/bin'), { recursive: true });
  writeFileSync(join(root, 'clone/bin/initdb'), '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a way that everybody may go is fine, also to a file', () => {
  expect(() => refuseClosedFolders([join(root, 'clone/bin/initdb'), root])).not.toThrow();
});

test('a closed folder on the way is named, with the ways out', () => {
  chmodSync(join(root, 'clone'), 0o700);
  expect(() => refuseClosedFolders([root, join(root, 'clone/bin/initdb')])).toThrow(
    new RegExp(`may not enter ${root}/clone, .*chmod o\\+x ${root}/clone.*DATABASE_URL`),
  );
});
