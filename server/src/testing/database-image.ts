// The files of one embedded database, kept in memory once and lent to any number of databases.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { MemoryFS, type PGlite } from '@electric-sql/pglite';

/** Paths below the data folder. */
export interface DatabaseImage {
  folders: string[];
  files: Map<string, Uint8Array>;
}

/** The part of Emscripten's file system that is used here. */
interface Files {
  readdir(path: string): string[];
  readFile(path: string): Uint8Array;
  mkdir(path: string, mode: number): void;
  writeFile(path: string, bytes: Uint8Array, options: { canOwn: true }): void;
  isDir(mode: number): boolean;
  lookupPath(path: string): { node: FileNode };
}

interface FileNode {
  mode: number;
  contents: Uint8Array;
  stream_ops: StreamOperations;
}

type StreamOperations = Record<string, (...args: unknown[]) => unknown>;

const dataFolder = '/pglite/data';
const folderMode = 0o700;

/** Databases that nobody connects to: `template1` and `template0`, a copy each of all that a fresh database holds. */
const unused = /^\/base\/[14]$/;

/** A database as PGlite makes it, in the folder of the images of this run. */
export const emptyImage = (folder: string): string => join(folder, 'empty');
/** The same, prepared by `prepareDatabase`. */
export const preparedImage = (folder: string): string => join(folder, 'prepared');

/** What an idle database has on its disk, without what no start of it reads. */
export async function takeImage(pglite: PGlite): Promise<DatabaseImage> {
  await pglite.exec('checkpoint');
  const { rows } = await pglite.query<{ name: string }>('select pg_walfile_name(pg_current_wal_lsn()) as name');
  const files = filesOf(pglite);
  const image: DatabaseImage = { folders: [], files: new Map() };
  const walk = (folder: string) => {
    for (const name of files.readdir(dataFolder + folder)) {
      const path = `${folder}/${name}`;
      // Segments of the log that were recycled for later are empty to a start.
      const isOtherLog = folder === '/pg_wal' && /^[0-9A-F]{24}$/.test(name) && name !== rows[0]!.name;
      if (name === '.' || name === '..' || isOtherLog || unused.test(path)) continue;
      if (files.isDir(files.lookupPath(dataFolder + path).node.mode)) {
        image.folders.push(path);
        walk(path);
      } else image.files.set(path, files.readFile(dataFolder + path));
    }
  };
  walk('');
  return image;
}

export function saveImage(path: string, image: DatabaseImage): void {
  writeFileSync(path, serialize(image));
}

export function loadImage(path: string): DatabaseImage {
  return deserialize(readFileSync(path)) as DatabaseImage;
}

/** Lays the files into a folder on the disk, which must not exist. */
export function unpackImage(image: DatabaseImage, folder: string): void {
  mkdirSync(folder, { mode: folderMode });
  for (const path of image.folders) mkdirSync(folder + path, { mode: folderMode });
  for (const [path, bytes] of image.files) writeFileSync(folder + path, bytes, { mode: 0o600 });
}

/** A database that starts from the image and leaves it as it is: a file is copied when it is first written to. */
export class ImageFolder extends MemoryFS {
  readonly #image: DatabaseImage;

  constructor(image: DatabaseImage) {
    super();
    this.#image = image;
  }

  override async initialSyncFs(): Promise<void> {
    const files = filesOf(this.pg!);
    const lent = new Set<FileNode>();
    let copying: StreamOperations | undefined;
    files.mkdir(dataFolder, folderMode);
    for (const path of this.#image.folders) files.mkdir(dataFolder + path, folderMode);
    for (const [path, bytes] of this.#image.files) {
      files.writeFile(dataFolder + path, bytes, { canOwn: true });
      const { node } = files.lookupPath(dataFolder + path);
      copying ??= copyOnWrite(node.stream_ops, lent);
      node.stream_ops = copying;
      lent.add(node);
    }
  }
}

/** Of all operations `write` alone changes bytes in place; a new size is a new copy anyway. */
function copyOnWrite(operations: StreamOperations, lent: Set<FileNode>): StreamOperations {
  const write = operations['write']!;
  return {
    ...operations,
    write(...args) {
      const { node } = args[0] as { node: FileNode };
      if (lent.delete(node)) node.contents = node.contents.slice();
      return write(...args);
    },
  };
}

function filesOf(pglite: PGlite): Files {
  return pglite.Module.FS as unknown as Files;
}
