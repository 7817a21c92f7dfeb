// Names that only some places may know: whoever adds one more of their kind touches those places and no others.

import { STRAY_NAMES } from './rules.ts';
import { isTestCode, type SourceFile, withoutComments } from './source.ts';

/** One sentence for each line that knows a name it should not. Comments may. */
export function findStrayNames(files: readonly SourceFile[]): string[] {
  const production = files.filter(({ path }) => !isTestCode(path) && !path.includes('/conformance/'));
  return STRAY_NAMES.flatMap(({ names, inside, allowed, reason }) =>
    production
      .filter(({ path }) => inside.some((prefix) => path.startsWith(prefix)))
      .filter(({ path }) => !allowed.some((prefix) => path.startsWith(prefix)))
      .flatMap((file) => linesWith(file, names).map((line) => `${file.path}:${line}: ${reason}`)),
  );
}

function linesWith({ text }: SourceFile, names: RegExp): number[] {
  const lines = withoutComments(text).split('\n');
  return lines.flatMap((line, index) => (names.test(line) ? [index + 1] : []));
}
