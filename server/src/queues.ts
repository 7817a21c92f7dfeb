// The background work: the list of queues, as app.ts is the list of doors.

import { connectExpiryQueue } from './accounts/connect-expiry.ts';
import { signInExpiryQueue } from './accounts/sign-in/expiry.ts';
import { attentionQueues } from './attention/notice.ts';
import { deviceRetentionQueue } from './devices/retention.ts';
import type { JobQueue } from './jobs/open.ts';
import { pushQueues } from './push/jobs.ts';
import { wakeSteps } from './push/message/wake-steps.ts';
import { preparedExpiryQueue } from './rehearsal/prepared.ts';
import { releaseRetentionQueue } from './releases/retention.ts';
import { unusedObjectsQueue } from './releases/unused-objects.ts';
import { releaseGuardQueues } from './rollouts/guard-releases.ts';
import { rampQueue } from './rollouts/move-ramps.ts';
import { pollNumbersQueue } from './rollouts/poll-numbers.ts';
import { statsQueues } from './stats/jobs.ts';
import { autoPauseQueue } from './updates/auto-pause.ts';
import { changeFeedExpiryQueue } from './updates/change-feed.ts';
import { webhookQueues } from './webhooks/queues.ts';
import type { Parts } from './wiring.ts';

export function queues(parts: Parts): JobQueue<never>[] {
  return [
    ...statsQueues(parts),
    deviceRetentionQueue(parts),
    autoPauseQueue(parts),
    ...releaseGuardQueues(parts),
    rampQueue(parts, () => wakeDevicesOfSteps(parts)),
    pollNumbersQueue(parts),
    preparedExpiryQueue(parts),
    changeFeedExpiryQueue(parts),
    releaseRetentionQueue(parts),
    unusedObjectsQueue(parts),
    connectExpiryQueue(parts),
    signInExpiryQueue(parts),
    ...attentionQueues(parts.attention),
    ...webhookQueues(parts),
    ...pushQueues(parts.push),
  ];
}

/** A phone that is woken asks at once: this server must already decide by the step. */
async function wakeDevicesOfSteps({ snapshots, push }: Pick<Parts, 'snapshots' | 'push'>): Promise<void> {
  await snapshots.caughtUp();
  await wakeSteps(push);
}
