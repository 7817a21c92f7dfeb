// Proves a backup: every entry has its hash, every file its name, and the rows make a database whose audit log is whole.

import { finished } from 'node:stream/promises';
import { keepAuditKey } from '../accounts/audit-key.ts';
import { findBrokenChains } from '../accounts/audit-proof.ts';
import type { Database } from '../db/database.ts';
import { fingerprintOf } from '../secret-change.ts';
import type { ArchiveReader } from './archive.ts';
import { loadDatabase } from './load-backup.ts';
import { FILES } from './write-backup.ts';

interface Proof {
  readonly rows: number;
  readonly files: number;
  /** Undefined: this server's secret is not that of the backup, and without it the signatures prove nothing. */
  readonly brokenChains: readonly string[] | undefined;
}

/** Throws a `StartError` that names what is damaged. `scratch`: an empty database, which holds the rows afterwards. */
export async function verifyBackup(archive: ArchiveReader, secret: string, scratch: Database): Promise<Proof> {
  let files = 0;
  for (const name of archive.names(FILES)) {
    // The stream fails at its end where the bytes are not those that were written.
    await finished((await archive.read(name)).resume());
    files++;
  }
  await loadDatabase(archive, scratch);
  const rows = Object.values(archive.manifest.rows).reduce((sum, count) => sum + count, 0);
  if (fingerprintOf(secret) !== archive.header.secret_fingerprint) return { rows, files, brokenChains: undefined };
  keepAuditKey(scratch.db, secret);
  const broken = await findBrokenChains(scratch.db);
  return { rows, files, brokenChains: broken.map(({ org_id, reason }) => `${org_id}: ${reason}`) };
}
