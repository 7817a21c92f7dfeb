// What the page may weigh, compressed. A build that is heavier fails: on a phone far from a mast each kilobyte is felt.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** KiB of gzip: what every visit loads, and that together with any one page. */
const SHELL_LIMIT_KIB = 200;
const PAGE_LIMIT_KIB = 230;

/** The parts of Vite's manifest that are read here. */
interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly css?: readonly string[];
}
export type Manifest = Readonly<Record<string, Chunk>>;

const CATALOGUE = /words\/catalogue\/[a-z]{2}\.ts$/;

interface Weights {
  readonly shell: number;
  /** By source file, the shell included. */
  readonly pages: Readonly<Record<string, number>>;
}

/** `sizeOf` answers with the bytes of a built file, compressed. */
export function weigh(manifest: Manifest, sizeOf: (file: string) => number): Weights {
  const entries = Object.keys(manifest).filter((key) => manifest[key]?.isEntry);
  const shellFiles = filesOf(manifest, entries);
  const lazy = new Set(Object.values(manifest).flatMap(({ dynamicImports = [] }) => dynamicImports));
  const sum = (files: ReadonlySet<string>) => [...files].reduce((total, file) => total + sizeOf(file), 0);
  // One language is loaded at each visit: the largest counts.
  const catalogues = [...lazy]
    .filter((key) => CATALOGUE.test(key))
    .map((key) => sum(filesOf(manifest, [key]).difference(shellFiles)));
  const shell = sum(shellFiles) + Math.max(0, ...catalogues);
  const pages = [...lazy].filter((key) => !CATALOGUE.test(key));
  return {
    shell,
    pages: Object.fromEntries(pages.map((key) => [key, shell + sum(filesOf(manifest, [key]).difference(shellFiles))])),
  };
}

/** Scripts and styles that loading `keys` loads too. */
function filesOf(manifest: Manifest, keys: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const files = new Set<string>();
  const visit = (key: string) => {
    const chunk = manifest[key];
    if (chunk === undefined || seen.has(key)) return;
    seen.add(key);
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
    for (const each of chunk.imports ?? []) visit(each);
  };
  for (const key of keys) visit(key);
  return files;
}

/** One sentence for each limit that is passed. */
export function findExcess({ shell, pages }: Weights): string[] {
  const kib = (bytes: number) => (bytes / 1024).toFixed(1);
  const heavy = Object.entries(pages).filter(([, bytes]) => bytes > PAGE_LIMIT_KIB * 1024);
  return [
    ...(shell > SHELL_LIMIT_KIB * 1024
      ? [`the shell weighs ${kib(shell)} KiB of gzip, ${SHELL_LIMIT_KIB} are allowed`]
      : []),
    ...heavy.map(
      ([name, bytes]) => `the shell with ${name} weighs ${kib(bytes)} KiB of gzip, ${PAGE_LIMIT_KIB} are allowed`,
    ),
  ];
}

export function sizeBudget(): Plugin {
  let folder = '';
  return {
    name: 'size-budget',
    apply: 'build',
    configResolved(config) {
      folder = config.build.outDir;
    },
    async writeBundle() {
      const manifest = JSON.parse(await readFile(join(folder, '.vite/manifest.json'), 'utf8')) as Manifest;
      const sizes = new Map<string, number>();
      for (const { file, css = [] } of Object.values(manifest)) {
        for (const each of [file, ...css])
          sizes.set(each, gzipSync(await readFile(join(folder, each)), { level: 9 }).length);
      }
      const weights = weigh(manifest, (file) => sizes.get(file) ?? 0);
      const excess = findExcess(weights);
      if (excess.length > 0) throw new Error(`The page is too heavy: ${excess.join('; ')}`);
      const [name, heaviest] = Object.entries(weights.pages).sort(([, a], [, b]) => b - a)[0] ?? ['', 0];
      this.info(`${(weights.shell / 1024).toFixed(1)} KiB of gzip, ${(heaviest / 1024).toFixed(1)} with ${name}`);
    },
  };
}
