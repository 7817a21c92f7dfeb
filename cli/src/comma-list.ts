// Values that a flag takes as one text: `--apps a,b`.

/** Without blanks around and empty items. */
export const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
