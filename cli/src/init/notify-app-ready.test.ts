// The call that keeps an update from being rolled back, added without disturbing what is there.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aFolder } from '../testing/project.ts';
import { addCall, CALL, findMainFile, IMPORT } from './notify-app-ready.ts';

describe('addCall', () => {
  it.each([
    [
      'a plain file',
      "import App from './app';\nstart(App);\n",
      `${IMPORT}\nimport App from './app';\nstart(App);\n\n${CALL}\n`,
    ],
    [
      'a header stays first',
      "// header\n/* two */\n'use strict';\n\nrun();\n",
      `// header\n/* two */\n'use strict';\n\n${IMPORT}\nrun();\n\n${CALL}\n`,
    ],
    ['Windows line ends', 'a();\r\n', `${IMPORT}\r\na();\r\n\r\n${CALL}\r\n`],
    ['no semicolons', 'run()\n', `${IMPORT.slice(0, -1)}\nrun()\n\n${CALL.slice(0, -1)}\n`],
  ])('%s', (_what, before, after) => {
    expect(addCall(before)).toBe(after);
  });
});

describe('findMainFile', () => {
  it('sees a call anywhere in the sources', async () => {
    const cwd = aFolder({ 'src/main.ts': '', 'src/deep/start.vue': CALL });
    expect(await findMainFile(cwd, 'www')).toEqual({ state: 'calls', path: join(cwd, 'src/deep/start.vue') });
  });
  it('proposes the main file, or the one named', async () => {
    const cwd = aFolder({ 'src/main.tsx': 'a();', 'src/other.ts': 'b();' });
    expect(await findMainFile(cwd, 'www')).toMatchObject({ state: 'can be added', path: join(cwd, 'src/main.tsx') });
    expect(await findMainFile(cwd, 'www', 'src/other.ts')).toMatchObject({ path: join(cwd, 'src/other.ts') });
  });
  it('sees a call in a page, and in an app that nothing builds', async () => {
    const page = `<script>Capacitor.Plugins.${CALL}</script>`;
    const vite = aFolder({ 'index.html': page, 'src/main.ts': '' });
    expect(await findMainFile(vite, 'dist')).toEqual({ state: 'calls', path: join(vite, 'index.html') });
    const plain = aFolder({ 'www/index.html': page });
    expect(await findMainFile(plain, 'www')).toEqual({ state: 'calls', path: join(plain, 'www') });
  });
  it("takes the plugin's own code for no call", async () => {
    const cwd = aFolder({ 'src/main.ts': 'a();', 'src/mock.ts': 'class W { async notifyAppReady() { return {}; } }' });
    expect(await findMainFile(cwd, 'www')).toMatchObject({ state: 'can be added' });
  });
  it('does not guess', async () => {
    expect(await findMainFile(aFolder({ 'readme.md': '' }), 'www')).toEqual({ state: 'unknown' });
  });
});
