// What a config gives is what `npx cap` takes from it: shapes of real projects, with and without a TypeScript of their own.
// A shape that has to be run starts a process; a few of each kind are in `npm test`, all others in `npm run e2e`.

import { mkdirSync, symlinkSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { parseConfig } from '../project/config-syntax.ts';
import { proveConfig } from '../project/config-values.ts';
import { CONFIG_SHAPES, type ConfigShape } from './config-shapes.ts';
import { aFolder, COMPILE_CACHE } from './project.ts';

// Most shapes are run with a compiler of nine megabytes.
enableCompileCache(COMPILE_CACHE);

const require = createRequire(import.meta.url);
// TypeScript 6 compiles inside the process, as Capacitor wants it; that of this repository, 7, does not.
export const CLASSIC = dirname(createRequire(require.resolve('@capgo/cli')).resolve('typescript/package.json'));
export const NATIVE = dirname(require.resolve('typescript/package.json'));

export function aConfigFolder(shape: ConfigShape, compiler: string | undefined): string {
  const cwd = aFolder({
    'package.json': '{"name":"shape","version":"1.2.3"}',
    'node_modules/@capacitor/cli/package.json': '{"name":"@capacitor/cli","version":"8.5.2","main":"index.js"}',
    'node_modules/@capacitor/cli/index.js': 'exports.run = () => {};',
    ...shape.files,
  });
  mkdirSync(join(cwd, 'node_modules'), { recursive: true });
  if (compiler) symlinkSync(compiler, join(cwd, 'node_modules/typescript'));
  return cwd;
}

async function read(shape: ConfigShape, compiler: string | undefined) {
  for (const [name, value] of Object.entries(shape.env ?? {})) vi.stubEnv(name, value);
  try {
    const config = await findCapacitorConfig(aConfigFolder(shape, compiler));
    const { __esModule: _, ...values } = config!.values;
    return { values, webDir: config!.webDir };
  } catch (error) {
    const { message, hint = '' } = error as { message: string; hint?: string };
    return { refused: `${message} ${hint}` };
  } finally {
    vi.unstubAllEnvs();
  }
}

function expected({ gives, refused }: ConfigShape) {
  if (refused) return { refused: expect.stringMatching(refused) };
  const { __esModule: _, ...values } = gives!;
  return { values, webDir: values.webDir ?? 'www' };
}

/** One or two of each kind: what it imports, what it exports, what fails, which language it is. */
const QUICK = new Set([
  'dotenv by a side-effect import',
  'an enum',
  'a neighbour in a package of type module',
  'a syntax error',
  'an end of the process',
  'JavaScript with module.exports',
]);

/** The values are proved by the syntax alone. */
function needsNoRun({ files, env = {} }: ConfigShape): boolean {
  const [name, source] = Object.entries(files).find(([file]) => file.startsWith('capacitor.config.'))!;
  if (name.endsWith('.json')) return true;
  try {
    return name.endsWith('.ts') && proveConfig(parseConfig(source, 'ts'), env) !== undefined;
  } catch {
    return false;
  }
}

const isQuick = (shape: ConfigShape) => QUICK.has(shape.id) || needsNoRun(shape);

/** Describes either the quick shapes or all others: every shape is a test of one of the two. */
export function describeShapes(quick: boolean): void {
  const shapes = CONFIG_SHAPES.filter((shape) => isQuick(shape) === quick);

  describe('findCapacitorConfig, with the TypeScript of the project', () => {
    it.each(shapes)('$id', async (shape) => {
      expect(await read(shape, CLASSIC)).toEqual(expected(shape));
    });
  });

  describe('findCapacitorConfig, where the project has no TypeScript', () => {
    it.each(shapes)('$id', async (shape) => {
      expect(await read(shape, undefined)).toEqual(expected(shape));
    });
  });
}
