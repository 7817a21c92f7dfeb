// /app/:app_id/outcomes and /failures: what became of bundles on devices (docs/protocol/management.md §9.6, §9.7).

import { FailureGroups, Outcomes, ReadFailures, ReadOutcomes } from '@overair/protocol/manage/outcomes';
import { AppError } from '../../errors.ts';
import { appNotFound, NO_APP_ACCESS } from '../../releases/errors.ts';
import { listPromotions } from '../../releases/promotions.ts';
import { readFailures } from '../../stats/failures.ts';
import { readLatency } from '../../stats/latency.ts';
import { HOURS_KEPT_DAYS, MINUTES_KEPT_DAYS } from '../../stats/outcome-retention.ts';
import { type Grain, grainMs, readOutcomes } from '../../stats/outcomes.ts';
import type { Cell } from './csv.ts';
import { invalidBody } from './input.ts';
import { momentOf } from './moment.ts';
import type { AddRoute } from './route.ts';

const usualBuckets = { minute: 60, hour: 48, day: 30 } as const satisfies Record<Grain, number>;
/** A week of minutes does not fit, a year of days does. */
const MAX_BUCKETS = 3_000;
const keptDays = { minute: MINUTES_KEPT_DAYS, hour: HOURS_KEPT_DAYS, day: Number.POSITIVE_INFINITY } as const;
/** Groups are made of single events. */
const MAX_FAILURE_DAYS = 31;

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });

/** Unknown and unreadable apps look alike. */
export const refuseApp = ({ app_id }: { app_id: string }, readable: boolean) =>
  readable ? new AppError('cannot_access_app', 401, NO_APP_ACCESS) : appNotFound(app_id);

export function outcomeRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/app/:app_id/outcomes',
    summary: 'Devices by their last word about a bundle: offered, downloaded, running, failed, refused, silent',
    auth: 'session-or-key',
    input: ReadOutcomes,
    needs: { permission: 'app.read_statistics', on: onApp, refuse: refuseApp },
    answer: Outcomes,
    table: outcomeTable,
    async run({ db, input: { from, to, bucket = 'hour', ...filter } }) {
      const now = new Date();
      const query = { ...filter, bucket, ...bucketRange({ from, to }, bucket, now) };
      const promotions = await listPromotions(db, filter.app_id);
      const [outcomes, latency] = await Promise.all([readOutcomes(db, query), readLatency(db, query, promotions, now)]);
      return { ...outcomes, latency };
    },
  });

  add({
    method: 'GET',
    url: '/app/:app_id/failures',
    summary: 'What fails most, by bundle, action and message',
    auth: 'session-or-key',
    input: ReadFailures,
    needs: { permission: 'app.read_devices', on: onApp, refuse: refuseApp },
    answer: FailureGroups,
    table: failureTable,
    async run({ db, input: { from: asked, to: until, limit = 20, ...filter } }) {
      const now = new Date();
      const to = until === undefined ? now : momentOf('to', until);
      const from = asked === undefined ? new Date(to.getTime() - grainMs.day) : momentOf('from', asked);
      assertOrder(from, to);
      if (to.getTime() - from.getTime() > MAX_FAILURE_DAYS * grainMs.day) {
        throw invalidRange('too_long', `from and to must not be more than ${MAX_FAILURE_DAYS} days apart`);
      }
      return { from, to, data: await readFailures(db, { ...filter, from, to, limit }, now) };
    },
  });
}

const invalidRange = (code: string, message: string) => invalidBody({ code, path: ['from'], message });

function assertOrder(from: Date, to: Date): void {
  if (from >= to) throw invalidRange('invalid_range', 'from must be before to');
}

/** Nothing lies ahead of now. */
function bucketRange(asked: { from?: string | undefined; to?: string | undefined }, bucket: Grain, now: Date) {
  const until = asked.to === undefined ? now : momentOf('to', asked.to);
  const to = until < now ? until : now;
  const length = usualBuckets[bucket] * grainMs[bucket];
  const from = asked.from === undefined ? new Date(to.getTime() - length) : momentOf('from', asked.from);
  assertOrder(from, to);
  if ((to.getTime() - from.getTime()) / grainMs[bucket] > MAX_BUCKETS) {
    throw invalidRange('too_long', `from and to must not be more than ${MAX_BUCKETS} ${bucket}s apart`);
  }
  if (now.getTime() - from.getTime() > keptDays[bucket] * grainMs.day) {
    throw invalidRange(
      'expired',
      `${bucket}s are kept for ${keptDays[bucket]} days: ask for a longer bucket, or a later from`,
    );
  }
  return { from, to };
}

interface Counts {
  offered: number;
  downloaded: number;
  running: number;
  failed: { bundle: number; network: number; device: number; crash: number };
  refused: Readonly<Record<string, number>>;
  silent: number;
}

const columns = [
  'offered',
  'downloaded',
  'running',
  'failed_bundle',
  'failed_network',
  'failed_device',
  'failed_crash',
];

function cellsOf({ offered, downloaded, running, failed, refused, silent }: Counts): number[] {
  const withheld = Object.values(refused).reduce((sum, each) => sum + each, 0);
  return [offered, downloaded, running, failed.bundle, failed.network, failed.device, failed.crash, withheld, silent];
}

function outcomeTable({
  buckets,
  total,
  to,
}: {
  buckets: readonly ({ at: string | Date } & Counts)[];
  total: Counts;
  to: string | Date;
}): Cell[][] {
  const rows = buckets.map((bucket) => ['bucket', bucket.at, ...cellsOf(bucket)]);
  return [['row', 'at', ...columns, 'refused', 'silent'], ...rows, ['total', to, ...cellsOf(total)]];
}

type Group = { [Name in (typeof groupNames)[number]]: Cell } & { examples: readonly (string | Date)[] };

const groupNames = [
  ...(['bundle', 'action', 'class', 'fingerprint', 'message', 'events', 'devices', 'running', 'rate'] as const),
  ...(['first_at', 'last_at'] as const),
] as const;

function failureTable({ data }: { data: readonly Group[] }): Cell[][] {
  const rows = data.map((group) => [...groupNames.map((name) => group[name]), group.examples.join(' ')]);
  return [[...groupNames, 'examples'], ...rows];
}
