// Capacitor configs as real projects write them, with what `npx cap config --json` makes of each: recorded with
// @capacitor/cli 8.5.2 and TypeScript 5.9.3 on Node 24.21.0.

export interface ConfigShape {
  id: string;
  /** `capacitor.config.*` and what it imports. */
  files: Record<string, string>;
  env?: Record<string, string>;
  /** What Capacitor takes for the configuration, undefined where it fails or finds none. */
  gives?: Record<string, unknown>;
  /** What our refusal says, for those. */
  refused?: RegExp;
}

const APP = { appId: 'com.example.shape', appName: 'Shape', webDir: 'dist' };
const LITERAL = "appId: 'com.example.shape', appName: 'Shape', webDir: 'dist'";
const TYPE_ONLY = "import type { CapacitorConfig } from '@capacitor/cli';\n";
/** The template's line for years; nothing at run time has that name. */
const PLAIN_IMPORT = "import { CapacitorConfig } from '@capacitor/cli';\n";
const UPDATER = { plugins: { CapacitorUpdater: { autoUpdate: true } } };

const ts = (text: string, more: Record<string, string> = {}) => ({ 'capacitor.config.ts': text, ...more });
const js = (text: string, more: Record<string, string> = {}) => ({ 'capacitor.config.js': text, ...more });

export const CONFIG_SHAPES: ConfigShape[] = [
  {
    id: 'the template of today',
    files: ts(`${TYPE_ONLY}\nconst config: CapacitorConfig = {\n  ${LITERAL},\n};\n\nexport default config;\n`),
    gives: APP,
  },
  {
    id: 'the template of old, whose import names a type',
    files: ts(
      `${PLAIN_IMPORT}\nconst config: CapacitorConfig = { ${LITERAL}, bundledWebRuntime: false };\nexport default config;\n`,
    ),
    gives: { ...APP, bundledWebRuntime: false },
  },
  {
    id: 'environments by switch, as in the guide of Capacitor',
    files: ts(
      `${PLAIN_IMPORT}let config: CapacitorConfig;\nconst base: CapacitorConfig = { ${LITERAL} };\nswitch (process.env.NODE_ENV) {\n  case 'qa':\n    config = { ...base, ios: { scheme: 'App QA' } };\n    break;\n  default:\n    config = { ...base, ios: { scheme: 'App' } };\n    break;\n}\nexport default config;\n`,
    ),
    env: { NODE_ENV: 'qa' },
    gives: { ...APP, ios: { scheme: 'App QA' } },
  },
  {
    id: 'a variable of the environment with a default',
    files: ts(
      `const config = { ${LITERAL}, server: { url: process.env.SHAPE_URL ?? 'https://x.example' } };\nexport default config;\n`,
    ),
    gives: { ...APP, server: { url: 'https://x.example' } },
  },
  {
    id: 'the same, set',
    files: ts(
      `const config = { ${LITERAL}, server: { url: process.env.SHAPE_URL ?? 'https://x.example' } };\nexport default config;\n`,
    ),
    env: { SHAPE_URL: 'http://10.0.2.2:5173' },
    gives: { ...APP, server: { url: 'http://10.0.2.2:5173' } },
  },
  {
    id: 'dotenv by a side-effect import',
    files: ts(
      `import 'dotenv/config';\nexport default { appId: process.env.APP_ID ?? 'com.example.wrong', webDir: 'dist' };\n`,
      {
        'node_modules/dotenv/package.json': '{"name":"dotenv","exports":{"./config":"./config.js"}}',
        'node_modules/dotenv/config.js': "process.env.APP_ID ??= 'com.example.fromenv';",
      },
    ),
    gives: { appId: 'com.example.fromenv', webDir: 'dist' },
  },
  {
    id: 'dotenv by a call',
    files: ts(
      `import * as dotenv from 'dotenv';\ndotenv.config({ path: '.env.production' });\nexport default { appId: process.env.APP_ID || 'com.example.wrong' };\n`,
      {
        'node_modules/dotenv/package.json': '{"name":"dotenv","main":"index.js"}',
        'node_modules/dotenv/index.js':
          "exports.config = ({ path }) => { process.env.APP_ID ??= 'com.example' + path; };",
      },
    ),
    gives: { appId: 'com.example.env.production' },
  },
  {
    id: 'export = an object',
    files: ts(`const config = { ${LITERAL} };\nexport = config;\n`),
    gives: APP,
  },
  {
    id: 'import = require',
    files: ts(
      `import path = require('node:path');\nexport default { ${LITERAL}, android: { path: path.join('a', 'b') } };\n`,
    ),
    gives: { ...APP, android: { path: 'a/b' } },
  },
  {
    id: 'module.exports in TypeScript',
    files: ts(`module.exports = { ${LITERAL} };\n`),
    gives: APP,
  },
  {
    id: 'a promise of the object',
    files: ts(`const load = async () => ({ ${LITERAL} });\nexport default load();\n`),
    gives: APP,
  },
  {
    id: 'an async function that runs at once',
    files: ts(
      `${PLAIN_IMPORT}export default (async (): Promise<CapacitorConfig> => {\n  await Promise.resolve();\n  return { ${LITERAL} };\n})();\n`,
    ),
    gives: APP,
  },
  {
    id: 'a function, which nobody calls',
    files: ts(`export default () => ({ ${LITERAL} });\n`),
    refused: /no object/,
  },
  {
    id: 'an enum',
    files: ts(
      `enum Env {\n  Dev = 'dev',\n  Prod = 'prod',\n}\nconst env: Env = Env.Prod;\nexport default { ${LITERAL}, loggingBehavior: env };\n`,
    ),
    gives: { ...APP, loggingBehavior: 'prod' },
  },
  {
    id: 'a const enum',
    files: ts(
      `const enum Style { Dark = 'DARK' }\nexport default { ${LITERAL}, plugins: { Keyboard: { style: Style.Dark } } };\n`,
    ),
    gives: { ...APP, plugins: { Keyboard: { style: 'DARK' } } },
  },
  {
    id: 'a namespace',
    files: ts(
      `namespace Names {\n  export const app = 'Shape';\n}\nexport default { appId: 'com.example.shape', appName: Names.app, webDir: 'dist' };\n`,
    ),
    gives: APP,
  },
  {
    id: 'a neighbour in TypeScript, named without its ending',
    files: ts(`import { app } from './config/app';\nexport default { ...app, webDir: 'dist' };\n`, {
      'config/app.ts':
        "import type { X } from './nothing';\nexport const app = { appId: 'com.example.shape', appName: 'Shape' } satisfies X;\n",
    }),
    gives: APP,
  },
  {
    id: 'a folder of an Nx workspace above the app',
    files: ts(`import { shared } from './libs/shared/src';\nconst config = { ...shared };\nexport default config;\n`, {
      'libs/shared/src/index.ts': "export * from './lib/shared';\n",
      'libs/shared/src/lib/shared.ts': `export const shared = { ${LITERAL} };\n`,
    }),
    gives: APP,
  },
  {
    id: 'a package of the workspace in plain JavaScript',
    files: ts(`import base from '@acme/base';\nexport default { ...base, webDir: 'dist' };\n`, {
      'node_modules/@acme/base/package.json': '{"name":"@acme/base","main":"index.js"}',
      'node_modules/@acme/base/index.js': "module.exports = { appId: 'com.example.shape', appName: 'Shape' };",
    }),
    gives: APP,
  },
  {
    id: 'the version of package.json',
    files: ts(
      `import pkg from './package.json';\nexport default { ${LITERAL}, plugins: { CapacitorUpdater: { version: pkg.version } } };\n`,
    ),
    gives: { ...APP, plugins: { CapacitorUpdater: { version: '1.2.3' } } },
  },
  {
    id: 'package.json by an import attribute',
    files: ts(
      `import pkg from './package.json' with { type: 'json' };\nexport default { ${LITERAL}, android: { flavor: pkg.name } };\n`,
    ),
    gives: { ...APP, android: { flavor: 'shape' } },
  },
  {
    id: 'a file read beside the config',
    files: ts(
      `import { readFileSync } from 'fs';\nimport { join } from 'path';\nconst key = readFileSync(join(__dirname, 'key.pub'), 'utf8');\nexport default { ${LITERAL}, plugins: { CapacitorUpdater: { publicKey: key } } };\n`,
      { 'key.pub': 'PEM' },
    ),
    gives: { ...APP, plugins: { CapacitorUpdater: { publicKey: 'PEM' } } },
  },
  {
    id: 'template strings',
    files: ts(
      `const name = 'shape';\nexport default { appId: \`com.example.\${name}\`, appName: 'Shape', webDir: \`di\${'st'}\` };\n`,
    ),
    gives: APP,
  },
  {
    id: 'as const, satisfies and a non-null mark',
    files: ts(
      `${TYPE_ONLY}const ids = { prod: 'com.example.shape' } as const;\nexport default { appId: ids.prod!, appName: 'Shape' as string, webDir: 'dist' } satisfies CapacitorConfig;\n`,
    ),
    gives: APP,
  },
  {
    id: 'a cast in angle brackets',
    files: ts(`${PLAIN_IMPORT}const config = <CapacitorConfig>{ ${LITERAL} };\nexport default config;\n`),
    gives: APP,
  },
  {
    id: 'Object.assign',
    files: ts(
      `const base = { appId: 'com.example.shape', appName: 'Shape' };\nexport default Object.assign({}, base, { webDir: 'dist' });\n`,
    ),
    gives: APP,
  },
  {
    id: 'defineConfig of its own that adds something',
    files: ts(
      `const defineConfig = <T extends object>(config: T) => ({ ...config, webDir: 'dist' });\nexport default defineConfig({ appId: 'com.example.shape', appName: 'Shape', webDir: 'www' });\n`,
    ),
    gives: APP,
  },
  {
    id: 'a property that is set later',
    files: ts(
      `const config: any = { ${LITERAL} };\nif (process.env.SHAPE_LIVE) config.server = { url: 'http://10.0.0.2:3000', cleartext: true };\nexport default config;\n`,
    ),
    env: { SHAPE_LIVE: '1' },
    gives: { ...APP, server: { url: 'http://10.0.0.2:3000', cleartext: true } },
  },
  {
    id: 'a property that another function sets',
    files: ts(
      `const config = { ${LITERAL} };\nfunction patch(target: { webDir: string }) {\n  target.webDir = 'patched';\n}\npatch(config);\nexport default config;\n`,
    ),
    gives: { ...APP, webDir: 'patched' },
  },
  {
    id: 'a spread of an optional part',
    files: ts(`export default { ${LITERAL}, ...(process.env.SHAPE_NONE ? { plugins: {} } : {}) };\n`),
    gives: APP,
  },
  {
    id: 'TypeScript in a package of type module',
    files: ts(
      `${PLAIN_IMPORT}import { readFileSync } from 'node:fs';\nconst config: CapacitorConfig = { ${LITERAL}, loggingBehavior: typeof readFileSync === 'function' ? 'none' : 'debug' };\nexport default config;\n`,
      {
        'package.json': '{"name":"shape","version":"1.2.3","type":"module"}',
      },
    ),
    gives: { ...APP, loggingBehavior: 'none' },
  },
  {
    id: 'a neighbour in a package of type module',
    files: ts(`import { app } from './app.env';\nexport default app;\n`, {
      'package.json': '{"name":"shape","version":"1.2.3","type":"module"}',
      'app.env.ts': `export const app = { ${LITERAL} };\n`,
    }),
    gives: APP,
  },
  {
    id: 'await at the top',
    files: ts(
      `const name = await Promise.resolve('Shape');\nexport default { appId: 'com.example.shape', appName: name, webDir: 'dist' };\n`,
    ),
    refused: /await/,
  },
  {
    id: 'byte order mark and Windows line ends',
    files: ts(
      `\uFEFF${TYPE_ONLY}\r\nconst config: CapacitorConfig = {\r\n  ${LITERAL},\r\n};\r\nexport default config;\r\n`,
    ),
    gives: APP,
  },
  {
    id: 'letters outside ASCII, in types too',
    files: ts(
      `type Farbe = 'grün' | 'weiß';\nconst farbe: Farbe = 'grün';\nexport default { appId: 'com.example.shape', appName: farbe, webDir: 'dist' };\n`,
    ),
    gives: { ...APP, appName: 'grün' },
  },
  {
    id: 'commented-out settings',
    files: ts(`export default {\n  // appId: 'com.example.old',\n  ${LITERAL}, /* webDir: 'www' */\n};\n`),
    gives: APP,
  },
  {
    id: 'a named export beside the default one',
    files: ts(
      `export const appId = 'com.example.shape';\nexport default { appId, appName: 'Shape', webDir: 'dist', ...${JSON.stringify(UPDATER)} };\n`,
    ),
    gives: { ...APP, ...UPDATER },
  },
  {
    id: 'no default export',
    files: ts(`export const config = { ${LITERAL} };\n`),
    refused: /exports config/,
  },
  {
    id: 'a getter',
    files: ts(`export default { ${LITERAL}, get android() { return { flavor: 'store' }; } };\n`),
    gives: { ...APP, android: { flavor: 'store' } },
  },
  {
    id: 'output on stdout',
    files: ts(`console.log('Building for', process.env.NODE_ENV);\nexport default { ${LITERAL} };\n`),
    gives: APP,
  },
  {
    id: 'a missing package',
    files: ts(`import 'dotenv/config';\nexport default { ${LITERAL} };\n`),
    refused: /Cannot find module 'dotenv\/config' \(capacitor\.config\.ts:1\)/,
  },
  {
    id: 'a variable that must be set',
    files: ts(
      `interface Options {\n  id: string;\n}\n\nfunction need(name: string): string {\n  throw new Error(\`\${name} is not set\`);\n}\nconst options: Options = { id: need('SHAPE_ID') };\nexport default { appId: options.id };\n`,
    ),
    refused: /SHAPE_ID is not set \(capacitor\.config\.ts:6\)/,
  },
  {
    id: 'a syntax error',
    files: ts(`export default {\n  ${LITERAL},\n  plugins: ,\n};\n`),
    refused: /\(capacitor\.config\.ts:3\)/,
  },
  {
    id: 'an end of the process',
    files: ts(
      `if (!process.env.SHAPE_STAGE) {\n  console.error('Set SHAPE_STAGE');\n  process.exit(3);\n}\nexport default {};\n`,
    ),
    refused: /exit code 3.*Set SHAPE_STAGE/,
  },
  {
    id: 'JavaScript with module.exports',
    files: js(
      `const base = require('./base');\n/** @type {import('@capacitor/cli').CapacitorConfig} */\nmodule.exports = { ...base, webDir: 'dist' };\n`,
      {
        'base.js': "module.exports = { appId: 'com.example.shape', appName: 'Shape' };",
      },
    ),
    gives: APP,
  },
  {
    id: 'JavaScript that exports a promise',
    files: js(`module.exports = (async () => ({ ${LITERAL} }))();\n`),
    gives: APP,
  },
  {
    id: 'JavaScript with export default, which Capacitor does not look into',
    files: js(`export default { ${LITERAL} };\n`, {
      'package.json': '{"name":"shape","version":"1.2.3","type":"module"}',
    }),
    refused: /exports default.*module\.exports/,
  },
  {
    id: 'module.exports in a package of type module',
    files: js(`module.exports = { ${LITERAL} };\n`, {
      'package.json': '{"name":"shape","version":"1.2.3","type":"module"}',
    }),
    refused: /module is not defined/,
  },
  {
    id: 'JavaScript with named exports',
    files: js(
      "export const appId = 'com.example.shape';\nexport const appName = 'Shape';\nexport const webDir = 'dist';\n",
      {
        'package.json': '{"name":"shape","version":"1.2.3","type":"module"}',
      },
    ),
    gives: { ...APP, __esModule: undefined },
  },
  {
    id: 'JSON with a byte order mark',
    files: { 'capacitor.config.json': `\uFEFF${JSON.stringify(APP)}` },
    gives: APP,
  },
  {
    id: 'JSON with a comment, which Capacitor takes for an empty config',
    files: { 'capacitor.config.json': `{\n  // why\n  "appId": "com.example.shape"\n}\n` },
    refused: /not valid JSON/,
  },
  {
    id: 'no webDir, which means www',
    files: { 'capacitor.config.json': '{"appId":"com.example.shape"}' },
    gives: { appId: 'com.example.shape' },
  },
];
