// The parts of the server are made in one place, so that each is made once and closed by who made it.

import { MAKERS } from './rules.ts';
import { isTestCode, type SourceFile, withoutComments } from './source.ts';

const WIRING = 'server/src/wiring.ts';

/** One sentence for each file that makes a part by itself. The file that declares a maker may call it too. */
export function findMadeElsewhere(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('server/src/') && path !== WIRING && !isTestCode(path))
    .flatMap(({ path, text }) => {
      const code = withoutComments(text);
      return Object.entries(MAKERS).flatMap(([name, allowed]) => {
        const declares = new RegExp(`\\b(function|class|const) ${name}\\b`).test(code);
        const calls = new RegExp(`\\b${name}\\(|\\b${name}\\.open\\(`).test(code);
        if (!calls || declares || allowed.some((prefix) => path.startsWith(prefix))) return [];
        return [`${path} calls ${name}. Only the wiring makes parts and hands them out.`];
      });
    });
}
