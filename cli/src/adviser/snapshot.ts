// The files of one bundle, read from a folder or from a zip, for comparing it with another.

import { readFile, stat } from 'node:fs/promises';
import { readZip } from '../bundle/read-zip.ts';
import { listWebFiles } from '../bundle/web-folder.ts';
import { CliError } from '../cli-error.ts';
import { sha256Of } from '../crypto/digest.ts';

export interface SnapshotFile {
  name: string;
  bytes: number;
  hash: string;
  content: Buffer;
}

export type Snapshot = ReadonlyMap<string, SnapshotFile>;

export async function readSnapshot(path: string): Promise<Snapshot> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new CliError('bundle_not_found', `There is no folder or zip ${path}.`);
  const sources = info.isDirectory()
    ? (await listWebFiles(path)).map((file) => ({ name: file.name, read: () => readFile(file.path) }))
    : await readZip(path);
  const files = new Map<string, SnapshotFile>();
  for (const { name, read } of sources) {
    const content = await read();
    files.set(name, { name, bytes: content.length, hash: sha256Of(content), content });
  }
  return files;
}
