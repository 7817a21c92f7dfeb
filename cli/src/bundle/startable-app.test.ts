// Where a web view runs code, a call of notifyAppReady() counts; where it runs none, the name alone does not.

import { describe, expect, it } from 'vitest';
import { aFolder } from '../testing/project.ts';
import { requireStartableApp } from './startable-app.ts';
import { listWebFiles } from './web-folder.ts';

const PAGE = '<!doctype html><script src="app.js"></script>';
const CALL = 'Capacitor.Plugins.CapacitorUpdater.notifyAppReady()';

type Row = [id: string, verdict: 'starts' | 'refused' | 'warned', files: Record<string, string>];

const rows: Row[] = [
  ['a script', 'starts', { 'index.html': PAGE, 'app.js': CALL }],
  ['a module script', 'starts', { 'index.html': PAGE, 'app.mjs': CALL }],
  ['a CommonJS script', 'starts', { 'index.html': PAGE, 'app.cjs': CALL }],
  [
    'a chunk that is imported later',
    'starts',
    { 'index.html': PAGE, 'app.js': 'import("./b")', 'assets/b-1f3.js': 'a.notifyAppReady()' },
  ],
  ['minified, by a computed name', 'starts', { 'index.html': PAGE, 'app.js': 't["notifyAppReady"]()' }],
  ['an inline script', 'starts', { 'index.html': `<script>${CALL}</script>` }],
  [
    'an inline module with attributes',
    'starts',
    { 'index.html': `<SCRIPT type="module" crossorigin data-x='>'>\n${CALL}\n</SCRIPT >` },
  ],
  ['an inline script that mentions a comment', 'starts', { 'index.html': `<script>/* <!-- */ ${CALL}</script>` }],
  [
    'an inline script of another page',
    'starts',
    { 'index.html': PAGE, 'app.js': '', 'start.htm': `<script>${CALL}</script>` },
  ],
  ['a handler in the page', 'starts', { 'index.html': `<body onload="${CALL}">` }],
  [
    'a script under another ending',
    'starts',
    { 'index.html': '<script src="./code.txt?v=1"></script>', 'code.txt': CALL },
  ],
  [
    'a script beside a page in a folder',
    'starts',
    { 'index.html': '', 'a/p.html': "<script src='my%20app'></script>", 'a/my app': CALL },
  ],
  ['no call', 'refused', { 'index.html': PAGE, 'app.js': 'start()' }],
  ['the name in the text of the page', 'refused', { 'index.html': '<p>notifyAppReady()</p>', 'a.js': '' }],
  ['a script that is commented out', 'refused', { 'index.html': `<!-- <script>${CALL}</script> -->`, 'a.js': '' }],
  ['a block of data', 'refused', { 'index.html': `<script type="application/json">"${CALL}"</script>` }],
  ['the name in a text file', 'refused', { 'index.html': PAGE, 'app.js': '', 'readme.txt': CALL }],
  ['a script from elsewhere', 'warned', { 'index.html': '<script src="https://cdn.example/app.js"></script>' }],
  [
    "the plugin's own code for browsers, and no call",
    'warned',
    { 'index.html': PAGE, 'web-1.js': 'class W{async notifyAppReady(){return{bundle:1}}}' },
  ],
  [
    "a call beside the plugin's own code",
    'starts',
    { 'index.html': PAGE, 'web-1.js': 'class W{async notifyAppReady(){return{bundle:1}}};u.notifyAppReady()' },
  ],
  ['WebAssembly', 'warned', { 'index.html': PAGE, 'app.js': 'start()', 'main.wasm': '' }],
];

describe('requireStartableApp', () => {
  it.each(rows)('%s: %s', async (_id, verdict, files) => {
    const warnings: string[] = [];
    const check = listWebFiles(aFolder(files)).then((list) =>
      requireStartableApp(list, { warn: (message) => warnings.push(message) }),
    );
    if (verdict === 'refused') await expect(check).rejects.toMatchObject({ code: 'notifyAppReady_not_in_source_code' });
    else await check;
    expect(warnings).toHaveLength(verdict === 'warned' ? 1 : 0);
  });

  it('does not look when told so', async () => {
    const files = await listWebFiles(aFolder({ 'index.html': '' }));
    await requireStartableApp(files, { ignoreNotifyAppReady: true, warn: () => {} });
  });

  it('wants index.html at the root', async () => {
    const files = await listWebFiles(aFolder({ 'www/index.html': '' }));
    await expect(requireStartableApp(files, { warn: () => {} })).rejects.toMatchObject({
      code: 'index_html_not_found',
    });
  });
});
