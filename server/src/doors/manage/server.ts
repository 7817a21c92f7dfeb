// /server: how the server itself is doing, for its owner.

import { createRequire } from 'node:module';
import { ReadServer, ServerState } from '@overair/protocol/manage/server';
import { mayInServerOrg } from '../../accounts/server-owner.ts';
import { listProcesses } from '../../attention/processes.ts';
import { readDatabaseBytes } from '../../db/database-size.ts';
import { AppError } from '../../errors.ts';
import type { Parts } from '../../wiring.ts';
import type { AddRoute } from './route.ts';

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

type ServerParts = Pick<Parts, 'config' | 'database' | 'snapshots' | 'attention'>;

export function serverRoutes(add: AddRoute, { config, database, snapshots, attention }: ServerParts): void {
  const startedAt = new Date(Date.now() - process.uptime() * 1000);
  add({
    method: 'GET',
    url: '/server',
    summary: 'How the server itself is doing: version, database, storage, processes with their disks, late work',
    auth: 'key',
    input: ReadServer,
    answer: ServerState,
    async run({ db, caller }) {
      if (!(await mayInServerOrg(db, caller, 'org.update_settings'))) throw notTheOwner();
      const [bytes, processes, backlogs] = await Promise.all([
        readDatabaseBytes(db),
        listProcesses(attention, new Date()),
        attention.jobs.listBacklogs(),
      ]);
      return {
        version,
        node: process.versions.node,
        public_url: config.publicUrl,
        started_at: startedAt,
        database: { engine: database.engine, bytes, state: snapshots.staleMs > 0 ? 'stale' : 'ok' },
        storage: config.storageUrl.split(':', 1)[0] ?? '',
        processes: processes.map(({ host, reported_at, report: { roles, changes, disks } }) => ({
          host,
          roles,
          reported_at,
          changes,
          disks: disks.map(({ folder, freeBytes, sizeBytes }) => ({
            folder,
            free_bytes: freeBytes,
            size_bytes: sizeBytes,
          })),
        })),
        queues: backlogs.map(({ queue, due, since }) => ({ queue, due, oldest_at: since })),
      };
    },
  });
}

const notTheOwner = () =>
  new AppError('not_server_owner', 403, 'Only an admin of the organization that owns this server sees how it is doing');
