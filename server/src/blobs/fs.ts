// Blobs as files in a local folder.
import { constants, createReadStream, createWriteStream, type Dirent } from 'node:fs';
import { access, copyFile, link, mkdir, open, opendir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  assertBlobKey,
  assertBlobPrefix,
  type BlobDriver,
  type BlobListing,
  type BlobRead,
  type BlobSource,
  type BlobStat,
  type ByteRange,
  storageError,
} from './driver.ts';
import { openScratch, type Scratch } from './scratch.ts';

// 64 KiB reads cost a thread-pool round trip each; larger ones halve the processor time of a download.
const READ_CHUNK_BYTES = 256 * 1024;

/** Opens (and makes) a folder of blobs. The scratch folder lies inside it, so that a finished file only changes its name. */
export async function openFsDriver(root: string): Promise<BlobDriver> {
  const objects = join(root, 'objects');
  await mkdir(objects, { recursive: true });
  const scratch = await openScratch(join(root, 'incoming'));
  const pathOf = (key: string) => {
    assertBlobKey(key);
    return join(objects, key);
  };
  return {
    scratch,
    put: (key, source) => put(scratch, pathOf(key), source),
    read: (key, range) => read(pathOf(key), range),
    stat: (key) => statBlob(pathOf(key)),
    remove: async (keys) => {
      for (const key of keys) await remove(objects, pathOf(key));
    },
    list: (prefix) => {
      assertBlobPrefix(prefix);
      return list(objects, join(objects, prefix));
    },
    ping: () => access(objects, constants.R_OK | constants.W_OK | constants.X_OK),
    close: async () => {},
  };
}

async function put(scratch: Scratch, target: string, source: BlobSource): Promise<void> {
  const temp = scratch.newPath();
  try {
    if ('path' in source) await linkOrCopy(source.path, temp);
    else await pipeline(source.stream, createWriteStream(temp, { flags: 'wx' }));
    await sync(temp);
    await moveInto(temp, target);
  } catch (error) {
    throw storageError(error);
  } finally {
    await rm(temp, { force: true });
  }
}

// A second name for the same bytes costs nothing; not every file system can give one.
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

async function moveInto(temp: string, target: string): Promise<void> {
  const folder = dirname(target);
  let highest = folder;
  for (let attempt = 1; ; attempt++) {
    try {
      const made = await mkdir(folder, { recursive: true });
      if (made !== undefined && made.length <= highest.length) highest = dirname(made);
      await rename(temp, target);
      break;
    } catch (error) {
      // `remove` clears away empty folders, perhaps from under us: then once more.
      if (errorCode(error) !== 'ENOENT' || attempt === 20) throw error;
    }
  }
  // The new name, and the names of folders made for it, are data of the folders above.
  for (let above = folder; above.length >= highest.length; above = dirname(above)) await syncFolder(above);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and a folder that `remove` has just cleared away needs no sync.
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function read(path: string, range?: ByteRange): Promise<BlobRead | undefined> {
  const handle = await open(path, 'r').catch(ignoreMissing);
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const options = { ...range, fd: handle, autoClose: true, highWaterMark: READ_CHUNK_BYTES };
    return { size, stream: createReadStream(path, options) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function statBlob(path: string): Promise<BlobStat | undefined> {
  const found = await stat(path).catch(ignoreMissing);
  return found?.isFile() ? { size: found.size, modified_at: found.mtime } : undefined;
}

async function remove(objects: string, path: string): Promise<void> {
  await rm(path, { force: true });
  for (let folder = dirname(path); folder !== objects; folder = dirname(folder)) {
    const isGone = await rmdir(folder).then(
      () => true,
      (error) => errorCode(error) === 'ENOENT',
    );
    if (!isGone) return;
  }
}

async function* list(objects: string, folder: string): AsyncGenerator<BlobListing> {
  for await (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      yield* list(objects, path);
      continue;
    }
    const found = await statBlob(path);
    if (found !== undefined) yield { key: relative(objects, path).split(sep).join('/'), ...found };
  }
}

async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  const opened = await opendir(folder).catch(ignoreMissing);
  if (opened !== undefined) yield* opened;
}

function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
  throw error;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
