// The walls hold in this tree, and each of them catches what it is there for.

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findConstantsLikeVariables } from './constants.ts';
import { findNeedlessExports } from './exports.ts';
import { findBreaches, findCircles } from './imports.ts';
import { findMadeElsewhere } from './makers.ts';
import { findStrayNames } from './names.ts';
import { readSources, type SourceFile } from './source.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const tree = readSources(root);

const file = (path: string, text: string): SourceFile => ({ path, text });

describe('this tree', () => {
  test('is not empty', () => expect(tree.length).toBeGreaterThan(400));
  test('has no import through a wall and no import circle', () => expect(findBreaches(tree)).toEqual([]));
  test('makes parts in the wiring alone', () => expect(findMadeElsewhere(tree)).toEqual([]));
  test('knows push services, and opens sockets, in few places alone', () => expect(findStrayNames(tree)).toEqual([]));
  test('spells its constants in one way', () => expect(findConstantsLikeVariables(tree)).toEqual([]));
  test('exports nothing that no other file imports', () => expect(findNeedlessExports(tree)).toEqual([]));
});

const breaches: [string, string, string][] = [
  ['a room that imports a door', 'server/src/stats/a.ts', `import { x } from '../doors/device/x.ts';`],
  ['a room that imports the wiring', 'server/src/stats/a.ts', `import type { Parts } from '../wiring.ts';`],
  ['a room that imports a room above it', 'server/src/releases/a.ts', `import { x } from '../updates/x.ts';`],
  ['a dynamic import of a room above', 'server/src/releases/a.ts', `const x = await import('../updates/x.ts');`],
  ['a type from a room above', 'server/src/accounts/a.ts', `import {\n  type X,\n} from "../stats/x.ts";`],
  ['an export from a room above', 'server/src/accounts/a.ts', `export { x } from '../stats/x.ts';`],
  ['the cellar that imports a room', 'server/src/blobs/a.ts', `import '../releases/x.ts';`],
  ['a door that imports another door', 'server/src/doors/manage/a.ts', `import { x } from '../device/x.ts';`],
  ['a room that knows Fastify', 'server/src/push/a.ts', `import type { FastifyRequest } from 'fastify';`],
  ['a door that opens a socket', 'server/src/doors/manage/a.ts', `import { request } from 'node:https';`],
  ['a door that opens a socket by its old name', 'server/src/doors/manage/a.ts', `import { request } from 'https';`],
  ['a file of no room', 'server/src/misc/a.ts', `export const a = 1;`],
  ['a file of no door', 'server/src/doors/misc/a.ts', `export const a = 1;`],
  ['a file beside the process that imports a room', 'server/src/a.ts', `import { x } from './stats/x.ts';`],
  ['a room that imports the process', 'server/src/stats/a.ts', `import { serve } from '../serve.ts';`],
  ['a protocol with a dependency', 'protocol/src/a.ts', `import { z } from 'zod';`],
  ['a page that knows the kit of controls', 'console/src/pages/now/now.tsx', `import { Button } from '@mantine/core';`],
  ['a CLI that imports the server', 'cli/src/a.ts', `import { decide } from '@overair/server/decide';`],
];

test.each(breaches)('%s is found', (_, path, text) => {
  expect(findBreaches([file(path, text)])).toHaveLength(1);
});

const allowed: [string, string, string][] = [
  ['a room below', 'server/src/updates/a.ts', `import { x } from '../releases/x.ts';`],
  ['the own folder', 'server/src/updates/a.ts', `import { x } from './x.ts';`],
  ['the cellar', 'server/src/stats/a.ts', `import { x } from '../db/x.ts';`],
  ['a room, from a door', 'server/src/doors/device/a.ts', `import { x } from '../../updates/x.ts';`],
  ['the kit of controls, from ui/', 'console/src/ui/button.tsx', `import { Button } from '@mantine/core';`],
  ['a wall that a comment names', 'server/src/stats/a.ts', `// import { x } from '../push/x.ts';\nexport const a = 1;`],
  ['a test that looks over a wall', 'server/src/stats/a.test.ts', `import { x } from '../push/x.ts';`],
];

test.each(allowed)('%s may be imported', (_, path, text) => {
  expect(findBreaches([file(path, text)])).toEqual([]);
});

test.each([
  ['server/src/push/delivery/a.ts', `if (channel === 'apns') wait();`, 1],
  ['server/src/push/transports/open.ts', `import { apns } from './apns/apns.ts';`, 0],
  ['server/src/releases/a.ts', `const answer = await fetch(address);`, 1],
  ['server/src/releases/a.ts', `import { connect } from 'node:net';`, 1],
  ['server/src/releases/a.ts', `import * as http from 'http';`, 1],
  ['server/src/releases/a.ts', `import { isIP, type Socket } from 'node:net';`, 0],
  ['server/src/releases/a.ts', `import type { IncomingMessage } from 'node:http';`, 0],
  ['server/src/net/a.ts', `import { connect } from 'node:net';`, 0],
  ['server/src/push/delivery/a.ts', '// Apple calls it APNs.\nexport const a = 1;', 0],
])('a name that only some places may know is found in %s: %s', (path, text, found) => {
  expect(findStrayNames([file(path, text)])).toHaveLength(found);
});

test.each([
  ['server/src/a.ts', 'const patienceMs = 15 * 60_000;', 1],
  ['server/src/a.ts', "export const channelName = 'overair_release';", 1],
  ['server/src/a.ts', 'const PATIENCE_MS = 15 * 60_000;', 0],
  ['server/src/a.ts', '  const rows = 0;', 0],
  ['server/src/a.ts', 'const seen = new Set<string>();', 0],
  ['server/src/a.test.ts', "const email = 'ann@example.test';", 0],
])('a constant is spelled in UPPER_SNAKE in %s: %s', (path, text, found) => {
  expect(findConstantsLikeVariables([file(path, text)])).toHaveLength(found);
});

test('a circle of types is found once, from whichever file one comes', () => {
  const files = [
    file('cli/src/a.ts', `import { b } from './b.ts';`),
    file('cli/src/b.ts', `import type { C } from './c.ts';`),
    file('cli/src/c.ts', `import { a } from './a.ts';`),
    file('cli/src/d.ts', `import { a } from './a.ts';`),
  ];
  expect(findCircles(files)).toEqual([['cli/src/a.ts', 'cli/src/b.ts', 'cli/src/c.ts', 'cli/src/a.ts']]);
});

test('an export counts as used by an import, a type import, a renamed one, and a file that is loaded whole', () => {
  const files = [
    file(
      'cli/src/a.ts',
      'export const one = 1;\nexport interface Two {}\nexport function three() {}\nexport class Four {}',
    ),
    file('cli/src/b.ts', `import { one, type Two } from './a.ts';\nimport { three as other } from './a.ts';`),
    file('cli/src/c.ts', 'export const five = 5;'),
    file('cli/src/d.ts', `const c = await import('./c.ts');`),
  ];
  expect(findNeedlessExports(files)).toEqual(['cli/src/a.ts: Four']);
});

test.each([
  ['a door that makes a vault', 'server/src/doors/manage/a.ts', 'const vault = createVault(secret);', 1],
  ['a job that opens the webhooks', 'server/src/stats/a.ts', 'const room = openWebhooks({ db });', 1],
  ['a room that counts for itself', 'server/src/accounts/a.ts', 'const limit = localRateLimits.open({ name });', 1],
  ['the wiring', 'server/src/wiring.ts', 'const vault = createVault(secret);', 0],
  ['the file that declares it', 'server/src/secrets.ts', 'export function createVault(secret: string) {}', 0],
  [
    'a thread of its own',
    'server/src/push/transports/webpush/encryption-worker.ts',
    'const vault = createVault(secret);',
    0,
  ],
  ['a type of a part', 'server/src/doors/manage/a.ts', 'function routes(keys: KeyGuard): void {}', 0],
  ['a test', 'server/src/push/a.test.ts', 'const vault = createVault(secret);', 0],
])('%s', (_, path, text, found) => {
  expect(findMadeElsewhere([file(path, text)])).toHaveLength(found);
});
