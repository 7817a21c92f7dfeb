// Proves a backup: every entry has its hash, every file its name, and the rows make a database whose audit log is whole.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { keepAuditKey } from '../accounts/audit-key.ts';
import { findBrokenChains } from '../accounts/audit-proof.ts';
import { openDatabase } from '../db/open.ts';
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

/** Throws a `StartError` that names what is damaged. Loads the rows into an embedded database of its own, which goes again. */
export async function verifyBackup(archive: ArchiveReader, secret: string): Promise<Proof> {
  let files = 0;
  for (const name of archive.names(FILES)) {
    // The stream fails at its end where the bytes are not those that were written.
    await finished((await archive.read(name)).resume());
    files++;
  }
  const folder = await mkdtemp(join(tmpdir(), 'overair-verify-'));
  try {
    const database = await openDatabase({ dataDir: folder });
    try {
      await loadDatabase(archive, database);
      const rows = Object.values(archive.manifest.rows).reduce((sum, count) => sum + count, 0);
      if (fingerprintOf(secret) !== archive.header.secret_fingerprint) return { rows, files, brokenChains: undefined };
      keepAuditKey(database.db, secret);
      const broken = await findBrokenChains(database.db);
      return { rows, files, brokenChains: broken.map(({ org_id, reason }) => `${org_id}: ${reason}`) };
    } finally {
      await database.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
