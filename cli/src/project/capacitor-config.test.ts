// What a config gives is what `npx cap` takes from it: shapes of real projects, with and without a TypeScript of their own.

import { mkdirSync, symlinkSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { CONFIG_SHAPES, type ConfigShape } from '../testing/config-shapes.ts';
import { aFolder } from '../testing/project.ts';
import { findCapacitorConfig } from './capacitor-config.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 120_000 });

// Most shapes are run with a compiler of nine megabytes.
enableCompileCache(join(tmpdir(), 'overair-test-compile-cache'));

const require = createRequire(import.meta.url);
// TypeScript 6 compiles inside the process, as Capacitor wants it; that of this repository, 7, does not.
const CLASSIC = dirname(createRequire(require.resolve('@capgo/cli')).resolve('typescript/package.json'));
const NATIVE = dirname(require.resolve('typescript/package.json'));

function aConfigFolder(shape: ConfigShape, compiler: string | undefined): string {
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

describe('findCapacitorConfig, with the TypeScript of the project', () => {
  it.each(CONFIG_SHAPES)('$id', async (shape) => {
    expect(await read(shape, CLASSIC)).toEqual(expected(shape));
  });
});

describe('findCapacitorConfig, where the project has no TypeScript', () => {
  it.each(CONFIG_SHAPES)('$id', async (shape) => {
    expect(await read(shape, undefined)).toEqual(expected(shape));
  });
});

describe('findCapacitorConfig, with TypeScript 7, where Capacitor leaves the file to Node', () => {
  const shape = (id: string) => CONFIG_SHAPES.find((row) => row.id === id)!;

  it('reads what Node can run', async () => {
    const folder = aConfigFolder(shape('dotenv by a call'), NATIVE);
    const config = await findCapacitorConfig(folder);
    expect([config?.appId, config?.capacitorFails]).toEqual(['com.example.env.production', undefined]);
  });

  it('reads what Node cannot, and says that Capacitor fails', async () => {
    const config = await findCapacitorConfig(aConfigFolder(shape('an enum'), NATIVE));
    expect(config?.values).toMatchObject({ loggingBehavior: 'prod' });
    expect(config?.capacitorFails).toMatch(/enum is not supported/);
  });
});

describe('a config that is run', () => {
  it('sees no secret of ours, and everything else', async () => {
    const text = `const names = Object.keys(process.env).filter((name) => name.startsWith('OVERAIR_'));
export default { appId: 'com.x.y', android: { flavor: names.sort().join() } };`;
    for (const name of ['TOKEN', 'PRIVATE_KEY', 'PREVIOUS_PRIVATE_KEY', 'KEY_PASSPHRASE', 'SERVER']) {
      vi.stubEnv(`OVERAIR_${name}`, 'x');
    }
    const config = await findCapacitorConfig(aFolder({ 'capacitor.config.ts': text }));
    vi.unstubAllEnvs();
    expect(config?.values).toMatchObject({ android: { flavor: 'OVERAIR_SERVER' } });
  });

  it('names the compiler and the place when it fails', async () => {
    const env = 'type A = 1;\nthrow new Error("no STAGE");\n';
    const files = { 'capacitor.config.ts': "import './env';\nexport default {};\n", 'env.ts': env };
    const shape = { id: 'fails in a neighbour', files };
    await expect(findCapacitorConfig(aConfigFolder(shape, CLASSIC))).rejects.toMatchObject({
      code: 'config_run_failed',
      message: 'capacitor.config.ts, run as npx cap runs it, with TypeScript 6.0.3: no STAGE (env.ts:2).',
      detail: { reason: 'no STAGE', file: 'env.ts', line: 2, typescript: { version: '6.0.3' } },
    });
    await expect(findCapacitorConfig(aConfigFolder(shape, undefined))).rejects.toMatchObject({
      message: 'capacitor.config.ts, run as npx cap runs it, without TypeScript: no STAGE (env.ts:2).',
      hint: 'Install what npx cap needs to read it: npm install --save-dev typescript',
    });
  });
});
