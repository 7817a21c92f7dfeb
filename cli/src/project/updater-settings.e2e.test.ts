// An edit of the config is kept only when the file then gives it; otherwise the file stays, and every line to paste is named.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { aFolder } from '../testing/project.ts';
import { getCapacitorConfig } from './capacitor-config.ts';
import { writeUpdaterSettings } from './updater-settings.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 120_000 });

const SETTINGS = { updateUrl: 'https://u.example/updates', statsUrl: 'https://u.example/stats' };
const LINES = [
  'plugins: {',
  '  CapacitorUpdater: {',
  '    updateUrl: "https://u.example/updates",',
  '    statsUrl: "https://u.example/stats",',
  '  },',
  '},',
].join('\n');

const KEPT: [what: string, name: string, source: string][] = [
  ['json', 'capacitor.config.json', '{\n  "appId": "com.x.y"\n}\n'],
  [
    'ts that has to be run',
    'capacitor.config.ts',
    "import { join } from 'node:path';\nconst config: any = { appId: 'com.x.y', webDir: join('a', 'b') };\nexport default config;\n",
  ],
  [
    'ts whose other parts are set later',
    'capacitor.config.ts',
    "const config: any = { appId: 'com.x.y', plugins: {} };\nconfig.server = { url: 'x' };\nconfig.plugins.SplashScreen = { a: 1 };\nexport default config;\n",
  ],
  ['ts with export =', 'capacitor.config.ts', "module.exports = { appId: 'com.x.y' };\n"],
  ['js', 'capacitor.config.js', "const base = { appId: 'com.x.y' };\nmodule.exports = { ...base };\n"],
  ['ts behind Object.freeze', 'capacitor.config.ts', "export default Object.freeze({ appId: 'com.x.y' });\n"],
];

const REFUSED: [what: string, source: string, define?: string][] = [
  [
    'a helper that ignores its argument',
    "function pluginsFor(options: object) {\n  return {};\n}\nexport default { appId: 'com.x.y', plugins: pluginsFor({ splash: true }) };\n",
  ],
  [
    'a helper of another file',
    "import { defineConfig } from './define';\nexport default defineConfig({ appId: 'com.x.y' });\n",
    'export const defineConfig = (config: object) => ({ appId: "com.x.y" });\n',
  ],
  [
    'a later assignment',
    "const config: any = { appId: 'com.x.y', plugins: {} };\nconfig.plugins = { SplashScreen: {} };\nexport default config;\n",
  ],
  [
    'a call that gets the object',
    "const config: any = { appId: 'com.x.y' };\nfunction patch(target: any) {\n  target.plugins = {};\n}\npatch(config);\nexport default config;\n",
  ],
  [
    'a switch',
    "let config: any;\nconst base = { appId: 'com.x.y' };\nswitch (process.env.STAGE) {\n  default:\n    config = { ...base };\n}\nexport default config;\n",
  ],
  [
    'what only the second read can tell',
    "import './define';\nexport default Object.freeze({ appId: 'com.x.y' });\n",
    "Object.freeze = (() => ({ appId: 'com.x.y' })) as never;\n",
  ],
];

describe('writeUpdaterSettings', () => {
  it.each(KEPT)('%s: is edited, and gives it', async (_what, name, source) => {
    const cwd = aFolder({ [name]: source });
    const before = (await getCapacitorConfig(cwd)).values;
    expect(await writeUpdaterSettings(cwd, join(cwd, name), SETTINGS)).toBe(true);
    const { values, updater } = await getCapacitorConfig(cwd);
    expect(updater).toEqual(SETTINGS);
    expect(values).toEqual({
      ...before,
      plugins: { ...(before.plugins as object), CapacitorUpdater: SETTINGS },
    });
    const edited = readFileSync(join(cwd, name), 'utf8');
    expect(await writeUpdaterSettings(cwd, join(cwd, name), SETTINGS)).toBe(false);
    expect(readFileSync(join(cwd, name), 'utf8')).toBe(edited);
  });

  it.each(REFUSED)('%s: is left alone, and all lines to paste are named', async (_what, source, define = '') => {
    const cwd = aFolder({ 'capacitor.config.ts': source, 'define.ts': define });
    const path = join(cwd, 'capacitor.config.ts');
    await expect(writeUpdaterSettings(cwd, path, SETTINGS)).rejects.toMatchObject({
      code: 'config_not_editable',
      hint: `Add to it by hand:\n${LINES}`,
    });
    expect(readFileSync(path, 'utf8')).toBe(source);
    expect(readdirSync(cwd).sort()).toEqual(['capacitor.config.ts', 'define.ts']);
  });

  it('wants nothing of a config that gives the values by itself, however it does', async () => {
    const source = `const updater = () => (${JSON.stringify(SETTINGS)});\nexport default { appId: 'com.x.y', plugins: { CapacitorUpdater: updater() } };\n`;
    const cwd = aFolder({ 'capacitor.config.ts': source });
    expect(await writeUpdaterSettings(cwd, join(cwd, 'capacitor.config.ts'), SETTINGS)).toBe(false);
  });
});
