// What each process alone can see of itself and its machine, so that any of them can tell it of all.

import type { Db } from '../db/database.ts';
import type { ProcessReport } from '../db/tables/attention.ts';
import { DAY_MS } from '../utc-day.ts';

const REPORT_EVERY_MS = 60_000;
/** A process that has not reported for so long is gone. */
const SILENT_AFTER_MS = 3 * REPORT_EVERY_MS;
const KEPT_MS = DAY_MS;

/** What this process alone can see. */
export interface OwnProcess {
  readonly id: string;
  readonly host: string;
  look(): Promise<ProcessReport>;
}

interface Reporting {
  readonly db: Db;
  readonly process: OwnProcess;
}

interface ServerProcess {
  readonly host: string;
  readonly report: ProcessReport;
  readonly reported_at: Date;
}

/** This process as it is now, and the others as they reported last. */
export async function listProcesses({ db, process }: Reporting, now: Date): Promise<ServerProcess[]> {
  const others = await db
    .selectFrom('server_processes')
    .select(['host', 'report', 'reported_at'])
    .where('id', '!=', process.id)
    .where('reported_at', '>', new Date(now.getTime() - SILENT_AFTER_MS))
    .orderBy('started_at')
    .execute();
  return [{ host: process.host, report: await process.look(), reported_at: now }, ...others];
}

async function reportProcess({ db, process }: Reporting): Promise<void> {
  const row = { host: process.host, report: JSON.stringify(await process.look()), reported_at: new Date() };
  await db
    .insertInto('server_processes')
    .values({ id: process.id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
  await db
    .deleteFrom('server_processes')
    .where('reported_at', '<', new Date(Date.now() - KEPT_MS))
    .execute();
}

/** Reports each minute until the signal; a report that fails is followed by the next. */
export function keepReporting(room: Reporting, signal: AbortSignal, onError: (error: unknown) => void): void {
  const report = () => reportProcess(room).catch(onError);
  const timer = setInterval(report, REPORT_EVERY_MS).unref();
  signal.addEventListener('abort', () => clearInterval(timer));
  void report();
}

export async function forgetProcess(db: Db, id: string): Promise<void> {
  await db.deleteFrom('server_processes').where('id', '=', id).execute();
}
