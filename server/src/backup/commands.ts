// `overair-server backup`, `verify` and `restore`: what they say and where the bytes go.

import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openBlobs } from '../blobs/open.ts';
import type { Asked } from '../command-line.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import { openDatabase } from '../db/open.ts';
import { syncPath } from '../db/sync-tree.ts';
import { fingerprintOf, SECRET_CONSEQUENCES } from '../secret-change.ts';
import { ArchiveReader, ArchiveWriter } from './archive.ts';
import { loadDatabase, loadFiles } from './load-backup.ts';
import { openSource } from './open-source.ts';
import { verifyBackup } from './verify-backup.ts';
import { writeBackup } from './write-backup.ts';

export async function runBackupCommand({ command, file }: Asked, env: NodeJS.ProcessEnv): Promise<void> {
  const config = loadConfig(env);
  if (command === 'backup') return backUp(config, file ?? `overair-backup-${timeForName()}.zip`);
  const archive = await ArchiveReader.open(resolve(file!));
  try {
    await (command === 'verify' ? verify(config, archive, file!) : restore(config, archive, file!));
  } finally {
    archive.close();
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function backUp(config: Config, to: string): Promise<void> {
  const blobs = await openBlobs(config.storageUrl, config.dataDir, config.proxies);
  const source = await openSource(config).catch(async (error: unknown) => {
    await blobs.close();
    throw error;
  });
  try {
    const archive = new ArchiveWriter();
    const writing = writeBackup({ database: source.database, blobs, secret: config.secret }, archive);
    const [done] = await Promise.all([writing, keep(config, archive, to)]);
    const rows = Object.values(done.rows).reduce((sum, count) => sum + count, 0);
    say(
      `Backed up to ${to}: ${count(rows, 'row')}, ${count(done.files, 'file')} (${megabytes(done.bytes)}), as of ${done.created_at}.`,
    );
    if (source.pausedMs !== undefined)
      say(`The running server's database stood still for ${source.pausedMs} ms; phones were answered meanwhile.`);
    for (const name of done.missing)
      process.stderr.write(`overair: the storage lacks the bytes of ${name}, or has others\n`);
    if (done.missing.length > 0) process.exitCode = 1;
    say(`The secret is not in it: keep OVERAIR_SECRET, or ${config.dataDir}/secret, elsewhere.`);
    say(`Prove it with: overair-server verify ${to}`);
  } finally {
    await source.close();
    await blobs.close();
  }
}

/** A file takes its name when all of it is on the disk. */
async function keep(config: Config, archive: ArchiveWriter, to: string): Promise<void> {
  if (to.startsWith('s3://')) {
    const target = await openBlobs(to, config.dataDir, config.proxies);
    try {
      await target.put(`overair-backup-${timeForName()}.zip`, { stream: archive.output });
    } finally {
      await target.close();
    }
    return;
  }
  const path = resolve(to);
  const draft = `${path}.part`;
  try {
    // It holds password hashes and sealed credentials.
    await pipeline(archive.output, createWriteStream(draft, { mode: 0o600 }));
    await syncPath(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function verify({ secret }: Config, archive: ArchiveReader, file: string): Promise<void> {
  const { rows, files, brokenChains } = await inScratch((scratch) => verifyBackup(archive, secret, scratch));
  const { missing } = archive.manifest;
  say(
    `${basename(file)} of ${archive.header.created_at} is whole: ${count(rows, 'row')} loaded, ${count(files, 'file')} with their hashes.`,
  );
  if (brokenChains === undefined) say('Its audit log was not proven: this server has another secret.');
  else if (brokenChains.length === 0) say('Its audit log is proven to its beginning.');
  for (const each of brokenChains ?? [])
    process.stderr.write(`overair: the audit log is broken, organization ${each}\n`);
  for (const name of missing) process.stderr.write(`overair: it was made without the bytes of ${name}\n`);
  if (missing.length > 0 || (brokenChains?.length ?? 0) > 0) process.exitCode = 1;
}

/** An embedded database in a folder that goes again. */
async function inScratch<T>(use: (database: Database) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'overair-verify-'));
  try {
    const database = await openDatabase({ dataDir: folder });
    return await use(database).finally(() => database.close());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function restore(config: Config, archive: ArchiveReader, file: string): Promise<void> {
  const { databaseUrl: url, dataDir } = config;
  const database = await openDatabase(url === undefined ? { dataDir } : { url, poolSize: 2 });
  try {
    const blobs = await openBlobs(config.storageUrl, dataDir, config.proxies);
    try {
      // The bytes first: rows that name bytes which are not there yet would be served.
      const files = await loadFiles(archive, blobs);
      await loadDatabase(archive, database);
      say(`Restored ${basename(file)} of ${archive.header.created_at}: ${count(files, 'file')} written, and all rows.`);
    } finally {
      await blobs.close();
    }
  } finally {
    await database.close();
  }
  if (fingerprintOf(config.secret) === archive.header.secret_fingerprint) return;
  say('This server has another secret than the one that was backed up:');
  for (const each of SECRET_CONSEQUENCES) say(`  ${each}`);
  say('Set OVERAIR_SECRET to the old one before the first start, if you have it.');
}

const timeForName = (): string => new Date().toISOString().slice(0, 19).replaceAll(':', '-');
const count = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
