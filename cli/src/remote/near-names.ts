// Names that somebody may have meant: a slip of the keyboard, another case, a leading v, a part of the name.

const MAX_SHOWN = 3;

/** The nearest first. */
export function listNear(wanted: string, names: readonly string[]): string[] {
  const mine = plain(wanted);
  const most = Math.max(1, Math.floor(mine.length / 3));
  return names
    .map((name) => ({ name, distance: distanceOf(mine, plain(name)) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_SHOWN)
    .map(({ name }) => name);
}

const plain = (name: string) =>
  name
    .trim()
    .toLowerCase()
    .replace(/^v(?=\d)/, '');

function distanceOf(a: string, b: string): number {
  // `prod` for `production`, `1.0` for `1.0.0`.
  if (a.length >= 3 && b.startsWith(a)) return 1;
  return editsBetween(a, b);
}

/** Letters left out, added, replaced, or two neighbours swapped. */
function editsBetween(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let least = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + same);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) least = Math.min(least, before[column - 2]! + 1);
      current.push(least);
    }
    [before, last] = [last, current];
  }
  return last[b.length]!;
}
