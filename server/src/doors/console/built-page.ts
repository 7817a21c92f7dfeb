// The built console in memory: every file of server/public with its type and its compressed forms. A request names a file of this
// list or none, so no path leads out of the folder, and a page that is open while the clone is rebuilt still finds its chunks.

import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

export type Encoding = 'br' | 'gzip';

export interface BuiltFile {
  readonly type: string;
  readonly body: Buffer;
  /** Made by the build, where it makes the file smaller. */
  readonly encoded: Partial<Record<Encoding, Buffer>>;
}

export interface BuiltPage {
  /** The HTML of every address of the console. */
  readonly shell: string;
  /** By path below /ui, with slashes: `assets/main-B2c.js`. */
  readonly files: ReadonlyMap<string, BuiltFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};
const SUFFIXES = { '.br': 'br', '.gz': 'gzip' } as const satisfies Record<string, Encoding>;

/** Undefined where nothing was built. */
export function loadBuiltPage(folder: string): BuiltPage | undefined {
  const contents = readFolder(folder);
  const shell = contents.get('index.html')?.toString();
  if (shell === undefined) return undefined;
  const files = new Map<string, BuiltFile>();
  for (const [path, body] of contents) {
    const type = TYPES[extname(path)];
    if (type !== undefined) files.set(path, { type, body, encoded: encodedForms(contents, path) });
  }
  return { shell, files };
}

function readFolder(folder: string): Map<string, Buffer> {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(
      entries.map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [relative(folder, path).split(sep).join('/'), readFileSync(path)];
      }),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

function encodedForms(contents: ReadonlyMap<string, Buffer>, path: string): BuiltFile['encoded'] {
  return Object.fromEntries(
    Object.entries(SUFFIXES).flatMap(([suffix, encoding]) => {
      const body = contents.get(path + suffix);
      return body === undefined ? [] : [[encoding, body]];
    }),
  );
}
