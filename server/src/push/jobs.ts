// The push room's background work, as the queues that the worker runs.

import { sql } from 'kysely';
import type { JobQueue } from '../jobs/open.ts';
import { type CallbackJob, runCallback, wakeCallbacks } from './callbacks/callbacks.ts';
import { resumeWalks, runLane } from './delivery/lanes.ts';
import { type RetryJob, runRetry } from './delivery/retry.ts';
import { LANES } from './delivery/turns.ts';
import { forgetOldAnswers } from './message/repeat.ts';
import { CALLBACK_QUEUE, RESUME_QUEUE, RETENTION_QUEUE, RETRY_QUEUE, SCHEDULE_QUEUE, WALK_QUEUE } from './queues.ts';
import type { PushRoom } from './room.ts';
import { runSchedule, type ScheduleJob } from './schedule/run-schedule.ts';
import { queueDueSchedules } from './schedule/schedules.ts';

/** Days for which single deliveries and registrations that ended stay readable. */
const KEPT_DAYS = 31;

type Queue = JobQueue<never>;

export function pushQueues(room: PushRoom): readonly Queue[] {
  const queues = [
    {
      name: WALK_QUEUE,
      concurrency: LANES,
      run: (_job: object, signal: AbortSignal) => runLane(room, signal),
    },
    {
      name: RETRY_QUEUE,
      // One waiting job per key: retries of the same second share one.
      options: { policy: 'short' },
      concurrency: LANES,
      pollingIntervalSeconds: 1,
      run: (job: RetryJob, signal: AbortSignal) => runRetry(room, job, signal),
    },
    {
      name: CALLBACK_QUEUE,
      options: { policy: 'short' },
      concurrency: 4,
      pollingIntervalSeconds: 1,
      run: (job: CallbackJob) => runCallback(room, job),
    },
    {
      name: SCHEDULE_QUEUE,
      options: { policy: 'short' },
      pollingIntervalSeconds: 1,
      run: (job: ScheduleJob) => runSchedule(room, job),
    },
    { name: RESUME_QUEUE, cron: '* * * * *', run: () => resumePush(room) },
    { name: RETENTION_QUEUE, cron: '27 3 * * *', run: () => forgetOldRows(room) },
  ] satisfies JobQueue<never>[];
  return queues as readonly Queue[];
}

/** How often a process that works looks for what another one left behind when it was killed. */
const LOOK_EVERY_MS = 5_000;

/** Takes up what lies there, and looks again and again until the room closes. `alone`: see `resumePush`. */
export async function startPush(room: PushRoom, alone: boolean): Promise<void> {
  await resumePush(room, alone);
  if (room.closing.aborted) return;
  const onError = (error: unknown) => room.warn({ err: error }, 'what killed processes left could not be looked for');
  let isLooking = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    await resumeWalks(room, false)
      .then(() => resumeRetries(room))
      .catch(onError);
    isLooking = false;
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  room.closing.addEventListener('abort', () => clearInterval(timer));
}

/**
 * Takes up what a killed process left: walks whose lease ended, deliveries and callbacks whose job is gone, runs
 * that were missed. `alone`: no other process can be at work, so leases mean nothing.
 */
export async function resumePush(room: PushRoom, alone = false): Promise<void> {
  await resumeWalks(room, alone);
  await resumeRetries(room);
  const callbacks = await room.db.selectFrom('push_callback_outbox').select('callback_id').distinct().execute();
  await wakeCallbacks(
    room,
    callbacks.map((row) => row.callback_id),
  );
  await queueDueSchedules(room);
}

async function resumeRetries(room: PushRoom): Promise<void> {
  const late = await room.db
    .selectFrom('push_messages as m')
    .select(['m.app_id', 'm.msg_id'])
    .where('m.state', '=', 'queued')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('push_deliveries as d')
          .select('d.msg_id')
          .whereRef('d.msg_id', '=', 'm.msg_id')
          .where('d.state', '=', 'queued')
          .where('d.next_at', '<', sql<Date>`now() - interval '5 seconds'`),
      ),
    )
    .execute();
  for (const job of late) {
    await room.jobs.send(RETRY_QUEUE, job satisfies RetryJob, {
      singletonKey: `${job.msg_id}:late`,
    });
  }
}

async function forgetOldRows(room: PushRoom): Promise<void> {
  await forgetOldAnswers(room.db);
  const before = sql<Date>`now() - make_interval(days => ${KEPT_DAYS}::int)`;
  await room.db.deleteFrom('push_messages').where('created_at', '<', before).where('state', '<>', 'queued').execute();
  await room.db.deleteFrom('push_devices').where('active', '=', false).where('inactive_at', '<', before).execute();
}
