// /release and /rollback: the record of releases, and the way back.

import {
  AnswerGuard,
  GetRelease,
  ListReleases,
  MovePlan,
  Release,
  ReleasePage,
  Rollback,
  RolledBack,
  SendSignal,
  StartRelease,
} from '@overair/protocol/manage/release';
import { wakeSteps } from '../../push/message/wake-steps.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import { movePlan } from '../../rollouts/move-plan.ts';
import { answerGuard, getShown, listShown, rollBack, sendSignal } from '../../rollouts/releases.ts';
import { startRelease } from '../../rollouts/start-release.ts';
import type { Parts } from '../../wiring.ts';
import { type AddRoute, type Call, ok } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });
const reading = { permission: 'channel.read', onSomeChannel: true, on: onApp, refuse: cannotAccessApp } as const;
const releasing = { ...reading, permission: 'channel.promote_bundle' } as const;

type ShownRelease = Awaited<ReturnType<typeof getShown>>;
type ReleaseParts = Pick<Parts, 'snapshots' | 'push'>;

export function releaseRoutes(add: AddRoute, parts: ReleaseParts): void {
  add({
    method: 'GET',
    url: '/release',
    summary: 'What the channels of an app served, newest first, 50 a page; of one channel where it is named',
    auth: 'key',
    input: ListReleases,
    needs: reading,
    answer: ReleasePage,
    run: async ({ db, grant, input }) => ({ data: await listShown(db, grant, input) }),
  });

  add({
    method: 'GET',
    url: '/release/:release_id',
    summary: 'One release, with what its guard knows',
    auth: 'key',
    input: GetRelease,
    needs: reading,
    answer: Release,
    run: ({ db, grant, input: { app_id, release_id } }) => getShown(db, grant, app_id, release_id),
  });

  planRoutes(add, parts);

  add({
    method: 'POST',
    url: '/release/guard',
    summary: 'Keep a release that the guard stopped, or take it back',
    auth: 'key',
    reads: 'json',
    input: AnswerGuard,
    needs: releasing,
    answer: Release,
    movesPhones: true,
    run: ({ db, actor, grant, input }) => answerGuard(db, actor, grant, input),
  });

  add({
    method: 'POST',
    url: '/release/:release_id/signal',
    summary: 'Send a number from outside about a release: beyond its bound the guard acts',
    auth: 'key',
    reads: 'json',
    input: SendSignal,
    needs: releasing,
    answer: Release,
    run: ({ db, actor, grant, input }) => sendSignal(db, actor, grant, input),
  });

  add({
    method: 'POST',
    url: '/rollback',
    summary: 'Return a channel, plain or rolling, to the release that was kept last',
    auth: 'key',
    reads: 'json',
    input: Rollback,
    needs: releasing,
    answer: RolledBack,
    movesPhones: true,
    run: async ({ db, actor, grant, input }) => ({ ...ok, ...(await rollBack(db, actor, grant, input)) }),
  });
}

function planRoutes(add: AddRoute, { snapshots, push }: ReleaseParts): void {
  /** A phone that is woken asks at once: this server must already decide by the step. */
  async function wakeDevices(
    { db, grant, input }: Call<{ app_id: string }>,
    shown: ShownRelease,
  ): Promise<ShownRelease> {
    if (shown.plan?.notify !== 'step') return shown;
    await snapshots.caughtUp();
    await wakeSteps(push);
    return getShown(db, grant, input.app_id, shown.id);
  }

  add({
    method: 'POST',
    url: '/release',
    summary: 'Begin to release a bundle by a plan, step by step',
    auth: 'key',
    reads: 'json',
    input: StartRelease,
    needs: releasing,
    answer: Release,
    movesPhones: true,
    run: ({ db, actor, grant, input }) => startRelease(db, actor, grant, input),
    afterwards: wakeDevices,
  });

  add({
    method: 'POST',
    url: '/release/plan',
    summary: 'Pause or resume the plan of a release, take its next step now, or finish it',
    auth: 'key',
    reads: 'json',
    input: MovePlan,
    needs: releasing,
    answer: Release,
    movesPhones: true,
    run: ({ db, actor, grant, input }) => movePlan(db, actor, grant, input),
    afterwards: wakeDevices,
  });
}
