// Config edits on files with comments, spreads and functions: exactly one property changes, every other byte stays.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setConfigValue } from './config-edit.ts';
import { type ConfigKind, parseConfig } from './config-syntax.ts';
import { proveConfig } from './config-values.ts';

interface Edit {
  id: string;
  kind: ConfigKind;
  before: string;
  after: string;
  path?: string[];
  value?: string | boolean;
}

const KEY = ['plugins', 'CapacitorUpdater', 'publicKey'];

const edits: Edit[] = [
  {
    id: 'json: adds the missing levels',
    kind: 'json',
    before: '{\n  "appId": "com.x.y",\n  "webDir": "www"\n}\n',
    after:
      '{\n  "appId": "com.x.y",\n  "webDir": "www",\n  "plugins": {\n    "CapacitorUpdater": {\n      "publicKey": "K"\n    }\n  }\n}\n',
  },
  {
    id: 'json: replaces the value and keeps tabs and order',
    kind: 'json',
    before: '{\n\t"plugins": { "CapacitorUpdater": { "publicKey": "old", "a": 1 } },\n\t"appId": "com.x.y"\n}',
    after: '{\n\t"plugins": { "CapacitorUpdater": { "publicKey": "K", "a": 1 } },\n\t"appId": "com.x.y"\n}',
  },
  {
    id: 'json: escapes line ends',
    kind: 'json',
    before: '{"plugins":{"CapacitorUpdater":{}}}',
    after: '{"plugins":{"CapacitorUpdater":{\n  "publicKey": "a\\nb\\n"\n}}}',
    value: 'a\nb\n',
  },
  {
    id: 'ts: comments, casts, satisfies and trailing commas stay',
    kind: 'ts',
    before: [
      "import type { CapacitorConfig } from '@capacitor/cli';",
      '',
      '// why this id: see wiki',
      'const config = {',
      "  appId: 'com.x.y', // never change",
      '  plugins: {',
      '    /* splash */',
      '    SplashScreen: { launchAutoHide: false } as const,',
      '    CapacitorUpdater: {',
      '      autoUpdate: true, // on',
      '    },',
      '  },',
      '} satisfies CapacitorConfig;',
      'export default config;',
      '',
    ].join('\n'),
    after: [
      "import type { CapacitorConfig } from '@capacitor/cli';",
      '',
      '// why this id: see wiki',
      'const config = {',
      "  appId: 'com.x.y', // never change",
      '  plugins: {',
      '    /* splash */',
      '    SplashScreen: { launchAutoHide: false } as const,',
      '    CapacitorUpdater: {',
      '      autoUpdate: true, // on',
      "      publicKey: 'K',",
      '    },',
      '  },',
      '} satisfies CapacitorConfig;',
      'export default config;',
      '',
    ].join('\n'),
  },
  {
    id: 'ts: functions and environment look-ups stay code',
    kind: 'ts',
    before:
      "function url(): string { return process.env.URL ?? 'x'; }\nexport default {\n  appId: process.env.APP_ID || 'com.x.y',\n  server: { url: url() },\n  plugins: { CapacitorUpdater: { version: '1.0.0' } }\n};\n",
    after:
      "function url(): string { return process.env.URL ?? 'x'; }\nexport default {\n  appId: process.env.APP_ID || 'com.x.y',\n  server: { url: url() },\n  plugins: { CapacitorUpdater: { version: '1.0.0', publicKey: 'K' } }\n};\n",
  },
  {
    id: 'ts: follows a spread to the object that holds the property',
    kind: 'ts',
    before:
      "const base: Partial<Config> = {\n  plugins: { CapacitorUpdater: { publicKey: 'old' } },\n};\nexport default { ...base, appId: 'com.x.y' };\n",
    after:
      "const base: Partial<Config> = {\n  plugins: { CapacitorUpdater: { publicKey: 'K' } },\n};\nexport default { ...base, appId: 'com.x.y' };\n",
  },
  {
    id: 'ts: follows a constant, through defineConfig',
    kind: 'ts',
    before:
      "import { defineConfig } from '@capacitor/cli';\nconst updater = {\n    autoUpdate: false\n};\nexport default defineConfig({ plugins: { CapacitorUpdater: updater } });\n",
    after:
      "import { defineConfig } from '@capacitor/cli';\nconst updater = {\n    autoUpdate: false,\n    publicKey: 'K'\n};\nexport default defineConfig({ plugins: { CapacitorUpdater: updater } });\n",
  },
  {
    id: 'js: module.exports, Windows line ends, double quotes',
    kind: 'js',
    before:
      'module.exports = {\r\n  appId: "com.x.y",\r\n  plugins: {\r\n    CapacitorUpdater: {\r\n    },\r\n  },\r\n};\r\n',
    after:
      'module.exports = {\r\n  appId: "com.x.y",\r\n  plugins: {\r\n    CapacitorUpdater: {\r\n      publicKey: "K",\r\n    },\r\n  },\r\n};\r\n',
  },
  {
    id: 'js: a comment alone in the braces stays',
    kind: 'js',
    before: 'export default {\n  plugins: {\n    // none yet\n  },\n};\n',
    after:
      'export default {\n  plugins: {\n    // none yet\n    CapacitorUpdater: {\n      publicKey: "K",\n    },\n  },\n};\n'.replaceAll(
        '"',
        "'",
      ),
  },
  {
    id: 'js: a comment between the last property and its comma',
    kind: 'js',
    before: 'export default {\n  a: 1 /* one */\n};\n',
    after: 'export default {\n  a: 1, /* one */\n  flag: true\n};\n',
    path: ['flag'],
    value: true,
  },
  {
    id: 'js: quotes inside the value',
    kind: 'js',
    before: "export default { a: 'x' };\n",
    after: "export default { a: 'it\\'s \"ok\"' };\n",
    path: ['a'],
    value: 'it\'s "ok"',
  },
];

describe('setConfigValue', () => {
  it.each(edits)('$id', ({ kind, before, after, path = KEY, value = 'K' }) => {
    expect(setConfigValue(before, kind, path, value)).toBe(after);
  });

  it.each(['json', 'js'] as const)('changes one value of any %s config and no other', (kind) => {
    const key = fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,6}$/).filter((name) => name !== '__proto__');
    const { tree } = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
      tree: fc.dictionary(key, fc.oneof({ depthSize: 'small' }, fc.string(), fc.integer(), fc.boolean(), tie('tree')), {
        maxKeys: 4,
      }),
    }));
    const indent = fc.constantFrom<string | number | undefined>(undefined, 2, 4, '\t');
    fc.assert(
      fc.property(
        tree,
        indent,
        fc.array(key, { minLength: 1, maxLength: 3 }),
        fc.string(),
        (config, space, path, value) => {
          const text = JSON.stringify(config, null, space);
          const expected = structuredClone(config);
          let at = expected;
          for (const step of path.slice(0, -1)) {
            at[step] ??= {};
            // Below a value that is no object there is nothing to edit; the command refuses that.
            fc.pre(typeof at[step] === 'object' && at[step] !== null);
            at = at[step] as Record<string, unknown>;
          }
          at[path.at(-1)!] = value;
          const edited = setConfigValue(kind === 'json' ? text : `export default ${text};\n`, kind, path, value);
          const values = kind === 'json' ? JSON.parse(edited) : proveConfig(parseConfig(edited, kind), {});
          expect(values).toEqual(expected);
        },
      ),
    );
  });

  it('is stable: setting the same value again changes nothing', () => {
    for (const { kind, after, path = KEY, value = 'K' } of edits) {
      expect(setConfigValue(after, kind, path, value)).toBe(after);
    }
  });

  it.each([
    ['a spread that cannot be looked into', 'export default { ...load(), appId: "x" };'],
    ['a value made by code', 'export default { plugins: plugins() };'],
    ['a variable with two values', 'let c = { a: 1 }; if (process.env.X) c = { a: 2 }; export default c;'],
    ['an assignment to what is missing', 'let c = { a: 1 }; c ??= {}; export default c;'],
    ['an assignment by pattern', 'let c = { a: 1 }; ({ c } = load()); export default c;'],
    ['a later assignment to the part', 'const c = { a: 1 }; c["plugins"] = {}; export default c;'],
    [
      'a part that has another name too',
      'const c = { plugins: {} }; const { plugins } = c; f(plugins); export default c;',
    ],
    ['a loop over the object', 'const c = { a: 1 }; for (const k in c) delete c[k]; export default c;'],
    ['a call that gets the object', 'const c = { a: 1 }; Object.assign(c, load()); export default c;'],
    ['exports that are added to', 'module.exports = { a: 1 }; module.exports.plugins = {};'],
    ["a helper's argument", 'export default { plugins: pluginsFor({ a: 1 }) };'],
    ['a helper around it all', 'export default withPlugins({ a: 1 });'],
    ['an exported function', 'export default function config() { return {}; }'],
  ])('refuses %s, and says what to paste', (_why, source) => {
    expect(() => setConfigValue(source, 'js', KEY, 'K')).toThrow(
      expect.objectContaining({
        code: 'config_not_editable',
        hint: 'Add it by hand: plugins: { CapacitorUpdater: { publicKey: "K" } }',
      }),
    );
  });
});
