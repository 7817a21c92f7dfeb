// What a config gives is what `npx cap` takes from it; shapes that need a process each are end-to-end tests.

import { describe, expect, it, vi } from 'vitest';
import { CONFIG_SHAPES } from '../testing/config-shapes.ts';
import { aConfigFolder, CLASSIC, describeShapes, NATIVE } from '../testing/describe-config-shapes.ts';
import { aFolder } from '../testing/project.ts';
import { findCapacitorConfig } from './capacitor-config.ts';

// Some tests start programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 120_000 });

describeShapes(true);

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
