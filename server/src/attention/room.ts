// What the attention room is made of: the database, the queues, and what this process alone can see.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { readDiskSpace } from '../blobs/disk-space.ts';
import type { Db } from '../db/database.ts';
import type { Jobs } from '../jobs/open.ts';
import type { Mailer } from '../net/mailer.ts';
import { forgetProcess, keepReporting, type OwnProcess } from './processes.ts';

export interface AttentionRoom {
  readonly db: Db;
  readonly jobs: Pick<Jobs, 'listBacklogs'>;
  readonly process: OwnProcess;
  /** Undefined: nobody is written to. */
  readonly mail: { readonly mailer: Mailer; readonly publicUrl: string } | undefined;
  readonly warn: (detail: object, what: string) => void;
  /** Tells the other processes about this one, each minute. */
  start(): void;
  close(): Promise<void>;
}

interface AttentionParts extends Pick<AttentionRoom, 'db' | 'jobs' | 'mail' | 'warn'> {
  readonly snapshots: { readonly isHearing: boolean };
  readonly roles: readonly string[];
  /** On the disks that this process writes to. */
  readonly folders: readonly string[];
  readonly onError: (error: unknown) => void;
}

export function openAttention({
  db,
  jobs,
  snapshots,
  roles,
  folders,
  onError,
  mail,
  warn,
}: AttentionParts): AttentionRoom {
  const reporting = new AbortController();
  let isReporting = false;
  const room: AttentionRoom = {
    db,
    jobs,
    mail,
    warn,
    process: {
      id: randomUUID(),
      host: hostname(),
      async look() {
        const disks = await readDiskSpace(folders);
        return { roles: [...roles], disks, changes: snapshots.isHearing ? 'heard' : 'polled' };
      },
    },
    start() {
      isReporting = true;
      keepReporting(room, reporting.signal, onError);
    },
    async close() {
      reporting.abort();
      mail?.mailer.close();
      if (isReporting) await forgetProcess(db, room.process.id).catch(onError);
    },
  };
  return room;
}
