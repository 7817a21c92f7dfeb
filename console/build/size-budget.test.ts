import { expect, test } from 'vitest';
import { findExcess, type Manifest, weigh } from './size-budget.ts';

const manifest: Manifest = {
  'index.html': {
    file: 'main.js',
    isEntry: true,
    imports: ['_react.js'],
    dynamicImports: ['src/pages/now.tsx', 'src/words/catalogue/en.ts', 'src/words/catalogue/de.ts'],
    css: ['main.css'],
  },
  '_react.js': { file: 'react.js' },
  '_table.js': { file: 'table.js', imports: ['_react.js'], css: ['table.css'] },
  'src/pages/now.tsx': { file: 'now.js', imports: ['_table.js', '_react.js'] },
  'src/words/catalogue/en.ts': { file: 'en.js' },
  'src/words/catalogue/de.ts': { file: 'de.js' },
};
const sizes: Record<string, number> = {
  'main.js': 1,
  'react.js': 10,
  'main.css': 100,
  'table.js': 1_000,
  'table.css': 10_000,
  'now.js': 100_000,
  'en.js': 3,
  'de.js': 5,
};

test('the shell is what every visit loads, with the largest language; a page adds what only it needs', () => {
  expect(weigh(manifest, (file) => sizes[file] ?? 0)).toEqual({ shell: 116, pages: { 'src/pages/now.tsx': 111_116 } });
});

test('what is too heavy is named', () => {
  expect(findExcess({ shell: 200 * 1024, pages: { a: 230 * 1024 } })).toEqual([]);
  expect(findExcess({ shell: 200 * 1024 + 1, pages: { a: 1, b: 230 * 1024 + 1 } })).toEqual([
    'the shell weighs 200.0 KiB of gzip, 200 are allowed',
    'the shell with b weighs 230.0 KiB of gzip, 230 are allowed',
  ]);
});
