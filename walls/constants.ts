// One accent for constants: a tuned number or a fixed text at the top of a file is UPPER_SNAKE (docs/style.md, Names).

import { isTestCode, type SourceFile, withoutComments } from './source.ts';

/** A number, arithmetic on numbers, or a text, on one line. A test's fixture keeps the name of the field that it fills. */
const constantPattern = /^(?:export )?const ([a-z]\w*) = (?:-?[\d._]+n?(?: [-*+/<]{1,2} [\d._]+)*|'[^'\n]*');$/gm;

/** One sentence for each constant that is spelled like a variable. */
export function findConstantsLikeVariables(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !isTestCode(path) && !path.includes('/conformance/'))
    .flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(constantPattern)]
        .map((match) => match[1] as string)
        // A name of the wire, used as a field.
        .filter((name) => !name.includes('_'))
        .map((name) => `${path}: ${name} is a constant: spell it in UPPER_SNAKE.`),
    );
}
