// Every reference leads somewhere: `docs/….md §N.N` in code and documents, and the links between the documents.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
/** What other programs wrote, and this test. */
const skipped = new Set(['node_modules', 'dist', 'vectors', 'package-lock.json', 'references.test.ts']);
const texts = /\.(ts|tsx|js|mjs|cjs|sql|md|json|ya?ml|html|sh)$|^Dockerfile$/;

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name) || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    // What a development server keeps.
    if (path === join(root, 'data')) return [];
    if (entry.isDirectory()) return listFiles(path);
    return texts.test(entry.name) ? [relative(root, path)] : [];
  });
}

const files = new Map(listFiles(root).map((path) => [path, readFileSync(join(root, path), 'utf8')]));
const pages = new Map([...files].filter(([path]) => path.endsWith('.md')));
const sources = [...files].filter(([path]) => !path.endsWith('.md'));

const headingsOf = (page: string): string[] =>
  [...page.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(.+)$/gm)].map(([, text]) => text as string);

/** `## 3. …`, `### 3.3 …`; a row of a table that begins with a number of its own, such as `| 12.6 |`, is a section too. */
function sectionsOf(page: string): Set<string> {
  const inHeadings = headingsOf(page).map((text) => /^(\d+(?:\.\d+)*)\.? /.exec(text)?.[1]);
  const inRows = [...page.matchAll(/^\| (\d+\.\d+) \|/gm)].map(([, number]) => number);
  return new Set([...inHeadings, ...inRows].filter((number) => number !== undefined));
}

/** The anchors that GitHub makes. */
function anchorsOf(page: string): Set<string> {
  const plain = (heading: string) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
  const anchors = new Set<string>();
  for (const anchor of headingsOf(page).map(plain)) {
    let free = anchor;
    for (let times = 1; anchors.has(free); times += 1) free = `${anchor}-${times}`;
    anchors.add(free);
  }
  return anchors;
}

/** A page, then its sections: `docs/protocol/device.md §2, §3.6 and §4.7`. */
const reference =
  /(?<page>[\w/.-]+\.md)\]?(?:\([^)]*\))?\s(?<sections>§\d+(?:\.\d+)*(?:(?:,| and|, and| to)\s§\d+(?:\.\d+)*)*)/g;

interface Reference {
  page: string;
  section: string;
}

function referencesIn(text: string): Reference[] {
  return [...text.matchAll(reference)].flatMap(({ groups }) =>
    [...groups!['sections']!.matchAll(/[\d.]*\d/g)].map(([section]) => ({ page: groups!['page']!, section })),
  );
}

/** What is left of a text when its complete references are taken out. */
const withoutReferences = (text: string): string => text.replaceAll(reference, '');

function faultOf({ page, section }: Reference, from: string): string | undefined {
  // Within docs/protocol the pages call each other by their names.
  const path = from.startsWith('docs/protocol/') && !page.includes('/') ? `docs/protocol/${page}` : page;
  const text = pages.get(path);
  if (text === undefined) return `${from}: there is no ${page}`;
  return sectionsOf(text).has(section) ? undefined : `${from}: ${page} has no §${section}`;
}

const linesWith = (mark: RegExp, text: string): string[] => text.split('\n').filter((line) => mark.test(line));

describe('references to sections', () => {
  it('name a page of this repository and a section that it has', () => {
    const faults = [...files].flatMap(([path, text]) => referencesIn(text).map((each) => faultOf(each, path)));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('stand in code with their page, from the root of the repository', () => {
    const bare = sources.flatMap(([path, text]) =>
      linesWith(/§/, withoutReferences(text)).map((line) => `${path}: ${line.trim()}`),
    );
    const short = sources.flatMap(([path, text]) =>
      referencesIn(text)
        .filter(({ page }) => !page.startsWith('docs/'))
        .map(({ page, section }) => `${path}: ${page} §${section}`),
    );
    expect([...bare, ...short]).toEqual([]);
  });

  it('stand without a page only inside the page that they are about', () => {
    const faults = [...pages].flatMap(([path, text]) => {
      const own = sectionsOf(text);
      const bare = [...withoutReferences(text).matchAll(/§(\d+(?:\.\d+)*)?/g)].map(([, section]) => section);
      return bare
        .filter((section) => section === undefined || !own.has(section))
        .map((section) => `${path}: §${section ?? ''}`);
    });
    expect(faults).toEqual([]);
  });

  it('are not made to documents that are elsewhere', () => {
    const elsewhere = /[Ll]ive-update\s+(?:(?:\/\/|\*|#|--)\s*)?protocol|protocol document|\bREC\b|the reference's/;
    const named = [...files].filter(([, text]) => elsewhere.test(text)).map(([path]) => path);
    expect(named).toEqual([]);
  });
});

describe('links between documents', () => {
  const links = [...pages].flatMap(([path, text]) =>
    [...text.matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map(([, target]) => ({ path, target: target as string })),
  );

  it.each(links)('$path → $target', ({ path, target }) => {
    const [file = '', anchor] = target.split('#');
    const page = file === '' ? path : relative(root, resolve(root, dirname(path), file));
    expect(existsSync(join(root, page)), page).toBe(true);
    if (anchor !== undefined) expect([...anchorsOf(pages.get(page) ?? '')]).toContain(anchor);
  });
});
