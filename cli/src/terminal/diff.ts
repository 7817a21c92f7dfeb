// The lines that an edit changes, with a little around them, as people know it from version control.

import { relative } from 'node:path';
import { style } from './style.ts';

interface Line {
  sign: ' ' | '-' | '+';
  text: string;
}

const AROUND = 2;

/** The change of a file under its name, `before` and `after` being its whole text. */
export function renderChange(cwd: string, change: { path: string; before: string; after: string }): string {
  const isNew = change.before === '';
  const lines = isNew ? renderDiff('', change.after.replace(/\n$/, '')) : renderDiff(change.before, change.after);
  return `${style.heading(relative(cwd, change.path))}${isNew ? ` ${style.success('new')}` : ''}\n${lines}`;
}

function renderDiff(before: string, after: string): string {
  const lines = diffLines(before === '' ? [] : before.split(/\r?\n/), after.split(/\r?\n/));
  const shown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ sign }) => sign !== ' '),
  );
  const paint = { ' ': style.muted, '-': style.danger, '+': style.success };
  return lines
    .flatMap((line, index) => {
      if (!shown[index]) return shown[index - 1] ? [style.muted('  …')] : [];
      return [paint[line.sign](`${line.sign} ${shorten(line.text)}`)];
    })
    .join('\n');
}

const shorten = (text: string) => (text.length > 110 ? `${text.slice(0, 109)}…` : text);

/** By longest common subsequence; meant for config files, not for megabytes. */
function diffLines(before: string[], after: string[]): Line[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const same = before[i] === after[j];
      lengths[i]![j] = same ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: ' ', text: before[i]! });
      i += 1;
      j += 1;
    } else if (i < before.length && (j === after.length || lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      lines.push({ sign: '-', text: before[i++]! });
    } else {
      lines.push({ sign: '+', text: after[j++]! });
    }
  }
  return lines;
}
