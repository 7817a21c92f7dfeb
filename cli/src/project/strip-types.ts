// TypeScript without its types, made by Node: enough to look at a config, and to run one where the project has no TypeScript.

import * as nodeModule from 'node:module';

/** Node 22.12 cannot. */
export const canStripTypes = () => typeof nodeModule.stripTypeScriptTypes === 'function';

/** Types become spaces: every offset in the result is an offset in `source`. Throws on enums, namespaces and `<T>x`. */
export function blankTypes(source: string): string {
  const stripped = strip(source);
  if (stripped.length === source.length) return stripped;
  // Node blanks byte by byte, so a letter outside ASCII inside a type shifts what follows: such letters are kept apart.
  const ascii = source.replace(/[^\0-\x7f]/g, (character) => (/\s/.test(character) ? ' ' : 'x'));
  const blanked = strip(ascii);
  return Array.from(blanked, (character, at) => (character === ascii[at] ? source[at] : character)).join('');
}

/** Enums and namespaces become code; an inline source map keeps the line numbers. */
export function compileTypes(source: string, path: string): string {
  try {
    return strip(source, { mode: 'strip', sourceUrl: path });
  } catch {
    return strip(source, { mode: 'transform', sourceMap: true, sourceUrl: path });
  }
}

// Node calls the function experimental; that is our business, not the reader's.
function strip(source: string, options?: nodeModule.StripTypeScriptTypesOptions): string {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return nodeModule.stripTypeScriptTypes(source, options);
  } finally {
    process.emitWarning = emitWarning;
  }
}
