// Remembers the zip of the last upload of each app on this machine, so that the next one can be compared with it.

import { copyFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openCacheFolder } from '../cache-folder.ts';
import type { Context } from '../context.ts';
import { type Advice, advise } from './advise.ts';
import { readSnapshot } from './snapshot.ts';

/** Undefined when nothing is known to compare with, or what is known cannot be read: advice must never stop a release. */
export async function adviseAgainstPrevious(
  context: Context,
  appId: string,
  zip: string,
  previous?: string,
): Promise<Advice | undefined> {
  const path = previous ?? (await rememberedZip(context, appId));
  const before = await readSnapshot(path).catch((error) => {
    if (previous) throw error;
    return undefined;
  });
  return before && advise(before, await readSnapshot(zip), (await stat(zip)).size);
}

export async function rememberBundle(context: Context, appId: string, zip: string): Promise<void> {
  const path = await rememberedZip(context, appId);
  // A full or read-only cache costs the advice, not the upload.
  await copyFile(zip, `${path}.${process.pid}`)
    .then(() => rename(`${path}.${process.pid}`, path))
    .catch(() => {});
}

const rememberedZip = async (context: Context, appId: string) =>
  join(await openCacheFolder(context, 'previous'), `${appId}.zip`);
