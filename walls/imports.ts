// The import walls: rooms walk down only, no door knows another, no file takes part in an import circle.

import { CELLAR, DOORS, RESTRICTED, ROOMS, type Room, TOP_OF_THE_HOUSE } from './rules.ts';
import { importsOf, isTestCode, type SourceFile } from './source.ts';

/** One sentence for each import that goes through a wall. */
export function findBreaches(files: readonly SourceFile[]): string[] {
  const production = files.filter(({ path }) => !isTestCode(path));
  return [
    ...production.filter(({ path }) => path.startsWith('server/src/')).flatMap(serverBreaches),
    ...production.flatMap(restrictedBreaches),
    ...production.flatMap(packageBreaches),
    ...findCircles(production).map((circle) => `import circle: ${circle.join(' → ')}`),
  ];
}

/** What `path` may not import, each with the reason. Prefixes are below `server/src/`. */
function wallsAround(path: string): { prefix: string; reason: string }[] {
  const [folder, part] = path.slice('server/src/'.length).split('/') as [string, string | undefined];
  const top = TOP_OF_THE_HOUSE.map((file) => ({ prefix: file, reason: 'Walk down only: nobody imports the process.' }));
  const toDoors = { prefix: 'doors/', reason: 'Walk down only: only the process knows doors.' };
  if (folder === 'doors') {
    const others = DOORS.filter((door) => door !== part);
    return others.map((door) => ({ prefix: `doors/${door}/`, reason: 'Never from door to door.' }));
  }
  if (folder in ROOMS) {
    const below: readonly string[] = ROOMS[folder as Room];
    const closed = Object.keys(ROOMS).filter((room) => room !== folder && !below.includes(room));
    const reason = `${folder} stands on ${below.join(', ') || 'no other room'}.`;
    return [toDoors, ...top, ...closed.map((room) => ({ prefix: `${room}/`, reason }))];
  }
  if ((TOP_OF_THE_HOUSE as readonly string[]).includes(folder)) return [];
  const rooms = Object.keys(ROOMS).map((room) => ({ prefix: `${room}/`, reason: 'The cellar knows no room.' }));
  return [toDoors, ...top, ...rooms];
}

/** A folder without walls would be a way around all of them. */
function isKnownPlace(path: string): boolean {
  const [folder, part, inside] = path.slice('server/src/'.length).split('/') as [string, string | undefined, string?];
  if (folder === 'doors') return inside === undefined || (DOORS as readonly string[]).includes(part as string);
  return part === undefined || folder in ROOMS || (CELLAR as readonly string[]).includes(folder);
}

function serverBreaches(file: SourceFile): string[] {
  const walls = wallsAround(file.path);
  const imports = importsOf(file);
  const inside = imports.flatMap(({ target }) => {
    const wall = walls.find(({ prefix }) => target?.startsWith(`server/src/${prefix}`));
    return wall ? [`${file.path} imports ${target}. ${wall.reason}`] : [];
  });
  const place = isKnownPlace(file.path)
    ? []
    : [`${file.path} is in no room, door or cellar that walls/rules.ts names.`];
  return [...place, ...inside];
}

function restrictedBreaches(file: SourceFile): string[] {
  const walls = RESTRICTED.filter(
    ({ inside, allowed }) => file.path.startsWith(inside) && !allowed.some((prefix) => file.path.startsWith(prefix)),
  );
  return importsOf(file).flatMap(({ specifier }) =>
    walls
      .filter(({ pattern }) => pattern.test(specifier))
      .map(({ reason }) => `${file.path} imports ${specifier}. ${reason}`),
  );
}

/** The protocol stands on TypeBox alone; the CLI and the server meet over HTTP. */
function packageBreaches(file: SourceFile): string[] {
  const refused = (specifier: string): string | undefined => {
    if (file.path.startsWith('protocol/src/') && !/^(typebox(\/|$)|\.)/.test(specifier)) {
      return 'The protocol depends on typebox alone.';
    }
    if (file.path.startsWith('cli/src/') && /^@overair\/server(\/|$)|(^|\/)server\/src\//.test(specifier)) {
      return 'The CLI speaks to the server over HTTP.';
    }
    return undefined;
  };
  return importsOf(file).flatMap(({ specifier }) => {
    const reason = refused(specifier);
    return reason ? [`${file.path} imports ${specifier}. ${reason}`] : [];
  });
}

/** Each circle once, as the paths along it, the first repeated at the end. Imports of types alone count. */
export function findCircles(files: readonly SourceFile[]): string[][] {
  const targets = new Map(
    files.map((file) => [file.path, importsOf(file).flatMap(({ target }) => (target === undefined ? [] : [target]))]),
  );
  const finished = new Set<string>();
  const circles: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) circles.push([...trail.slice(seenAt), path]);
    if (seenAt >= 0 || finished.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const { path } of files) visit(path, []);
  return circles;
}
