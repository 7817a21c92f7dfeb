// The sources that the walls look at: every TypeScript file that git knows, with its imports and exports.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface SourceFile {
  /** Below the repository, with slashes: `server/src/updates/decide.ts`. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly specifier: string;
  /** The file that it leads to, below the repository; undefined for a package. */
  readonly target: string | undefined;
}

/** Every TypeScript file below `root` that git tracks, or would. */
export const readSources = (root: string): SourceFile[] => readFiles(root, '*.ts', '*.tsx');

/** Every file below `root` that git tracks, or would, and whose path matches one of git's patterns. */
export function readFiles(root: string, ...patterns: string[]): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', ...patterns], {
    cwd: root,
    encoding: 'utf8',
  });
  const paths = [...new Set(listed.split('\0'))].filter((path) => path !== '').sort();
  return paths.flatMap((path) => {
    const text = readIfThere(join(root, path));
    return text === undefined ? [] : [{ path, text }];
  });
}

/** A file that was deleted and not yet committed is still listed by git. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** A statement that names a module, types included, or a dynamic import. */
const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

export function importsOf(file: SourceFile): Import[] {
  return [...withoutComments(file.text).matchAll(importPattern)].map((match) => {
    const specifier = (match[1] ?? match[2] ?? match[3])!;
    const target = specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : undefined;
    return { specifier, target };
  });
}

/** The same text with comments blanked out; line numbers stay. */
export function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|[\s;,({[])\/\/[^\n]*/g, (_, before: string) => before);
}

/** Tests, and what only tests and benches use. The walls inside the server do not bind them. */
export const isTestCode = (path: string): boolean => /\.(test|suite)\.tsx?$|\/testing\//.test(path);
