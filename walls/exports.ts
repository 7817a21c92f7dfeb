// Names that are exported and that no other file imports: each looks like a promise to somebody, and is none.

import { dirname, join, normalize } from 'node:path';
import { type SourceFile, withoutComments } from './source.ts';

/** What these export is for programs of others. */
const PUBLIC = ['protocol/src/', 'sdk/src/'];

const exportPattern =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:const|let|function\*?|class|interface|type|enum) ([A-Za-z_$][\w$]*)/gm;
const importPattern =
  /\b(?:import|export)\b(?: type)?\s*(?:[A-Za-z_$][\w$]*\s*,\s*)?\{([^}]*)\}\s*from\s*['"]([^'"]+)['"]/g;
/** `import * as x`, `await import('…')`, `new URL('…')`, `fork('…')`: every name may be used. */
const wholePattern = /(?:\*\s*as\s+[\w$]+\s+from\s*|import\(\s*|new URL\(\s*)['"`]([^'"`]+\.tsx?)['"`]/g;

/** `path: name` for each export that is used nowhere else, tests included. */
export function findNeedlessExports(files: readonly SourceFile[]): string[] {
  const used = new Map<string, Set<string>>();
  const use = (from: string, specifier: string, name: string): void => {
    if (!specifier.startsWith('.')) return;
    const target = normalize(join(dirname(from), specifier));
    used.set(target, (used.get(target) ?? new Set()).add(name));
  };
  for (const { path, text } of files) {
    const code = withoutComments(text);
    for (const [, names = '', specifier = ''] of code.matchAll(importPattern)) {
      for (const name of names.split(',')) {
        use(
          path,
          specifier,
          name
            .trim()
            .replace(/^type\s+/, '')
            .split(/\s+as\s+/)[0] as string,
        );
      }
    }
    for (const [, specifier = ''] of code.matchAll(wholePattern)) use(path, specifier, '*');
  }
  return files
    .filter(({ path }) => !PUBLIC.some((prefix) => path.startsWith(prefix)))
    .flatMap(({ path, text }) => {
      const names = used.get(path) ?? new Set();
      if (names.has('*')) return [];
      return [...text.matchAll(exportPattern)].flatMap(([, name = '']) =>
        names.has(name) ? [] : [`${path}: ${name}`],
      );
    });
}
