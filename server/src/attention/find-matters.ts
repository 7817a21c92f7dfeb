// Asks the sources what needs somebody.

import type { MatterFound, Scope, Source } from './matter.ts';
import type { AttentionRoom } from './room.ts';
import { sources } from './sources.ts';

/** One after the other: an embedded database has one connection. */
export async function findMatters(room: AttentionRoom, scope: Scope): Promise<MatterFound[]> {
  const found: MatterFound[] = [];
  for (const source of sources) found.push(...(await askSource(room, source, scope)));
  return found;
}

export async function askSource(room: AttentionRoom, source: Source, scope: Scope): Promise<MatterFound[]> {
  const { kind } = source;
  return (await source.find(room, scope)).map((each) => ({ ...each, id: `${kind}:${each.key}`, kind }));
}
