// Every minute: takes the next step of each release that is under a plan, asks a person, or stops, by what is known at that moment.

import { carryOut, look, nextMove, type RampMove } from '@overair/protocol/rollouts/ramp';
import { lockApp } from '../accounts/apps.ts';
import { systemActor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Metrics } from '../metrics.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { findChannelById } from '../releases/channels.ts';
import { listFreezesOf } from '../releases/freezes.ts';
import { findGuardDeed } from '../releases/release-deeds.ts';
import {
  listRunningPlans,
  lockPlanUnderWay,
  notePlanMove,
  type PlanRow,
  writePlan,
} from '../releases/release-plans.ts';
import { findRelease, findReleaseById, noteProvenBad, type ReleaseRow } from '../releases/release-record.ts';
import { enterStep } from './enter-step.ts';
import { type GuardParts, guardRelease } from './guard-releases.ts';
import { findGuard } from './guard-rows.ts';
import { countFleet, rampFactsOf, rampStateOf } from './plan-facts.ts';

interface RampParts extends GuardParts {
  readonly metrics: Pick<Metrics, 'guardActions' | 'planMoves'>;
}

/** `wake` tells the devices that steps added, where their plans say so; steps that plans took are told also where another failed. */
export function rampQueue(parts: RampParts, wake: () => Promise<void>): JobQueue {
  return {
    name: 'release-ramps',
    cron: '* * * * *',
    run: (_data, signal) => moveRamps(parts, new Date(), signal).finally(wake),
  };
}

/** A plan that cannot be moved keeps none of the others from it; the job fails after all were looked at. */
export async function moveRamps(parts: RampParts, now: Date, signal?: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  for (const plan of await listRunningPlans(parts.database.db)) {
    signal?.throwIfAborted();
    try {
      await moveRamp(parts, plan, now, signal);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} plans could not be moved`);
}

/** The guard looks first: where what devices reported cannot be counted, no step is taken. */
async function moveRamp(parts: RampParts, plan: PlanRow, now: Date, signal?: AbortSignal): Promise<void> {
  const { db } = parts.database;
  const release = await findReleaseById(db, plan.release_id);
  if (release === undefined) return;
  await guardRelease(parts, release, now, signal);
  await countFleet(db, release, plan, await findGuard(db, release.id), now);
  const move = await db.transaction().execute((trx) => takeMove(trx, release, plan, now));
  if (move === undefined || move.kind === 'wait' || move.kind === 'finished') return;
  const { app_id, channel_name: channel, bundle_name: bundle } = release;
  parts.metrics.planMoves.of(move.kind).value++;
  parts.log.info({ app_id, channel, bundle, plan: plan.plan.name, move }, 'the plan of a release moved');
}

/**
 * Decides and acts in one transaction, under the app's lock. Undefined: somebody else looked since `seen` was read, or the plan is
 * over. Who dies on the way leaves it to the next look.
 */
async function takeMove(trx: Db, { app_id, id }: ReleaseRow, seen: PlanRow, now: Date): Promise<RampMove | undefined> {
  const app = await lockApp(trx, app_id);
  const plan = await lockPlanUnderWay(trx, id);
  const release = await findRelease(trx, app_id, id);
  const channel = release && (await findChannelById(trx, app_id, release.channel_id));
  if (app === undefined || plan === undefined || release === undefined || channel === undefined) return undefined;
  const wasSeen = plan.id === seen.id && plan.looked_at.getTime() === seen.looked_at.getTime();
  if (plan.state !== 'running' || !wasSeen) return undefined;
  const passedMs = now.getTime() - plan.looked_at.getTime();
  const freezes = await listFreezesOf(trx, { org_id: app.owner_org, app_id });
  const facts = rampFactsOf(release, plan, await findGuard(trx, id), freezes);
  // A step grows no older while somebody holds it, and a clock that went back begins to count anew.
  if (passedMs <= 0 || facts.held !== null) {
    await writePlan(trx, plan.id, { looked_at: now });
    return undefined;
  }
  const state = look(rampStateOf(plan), now.getTime());
  const move = nextMove(plan.plan, state, facts, now.getTime());
  const looked = await writePlan(trx, plan.id, { looked_at: now, held_ms: carryOut(state, move).heldMs });
  await act(trx, { app, channel, release, plan: looked }, move, now);
  return move;
}

interface Moved {
  readonly app: { readonly owner_org: string };
  readonly channel: ChannelRow;
  readonly release: ReleaseRow;
  readonly plan: PlanRow;
}

async function act(trx: Db, { app, channel, release, plan }: Moved, move: RampMove, now: Date): Promise<void> {
  if (move.kind === 'advance') return enterStep(trx, systemActor, { channel, release, plan }, move.step, now);
  if (move.kind === 'ask') {
    const asking = await writePlan(trx, plan.id, { asked_at: now, question: move.question });
    const noted = { move: 'ask', at: now, reason: move.question } as const;
    return notePlanMove(trx, systemActor, app.owner_org, release, { before: plan, after: asking }, noted);
  }
  if (move.kind === 'stop') {
    const deed = release.bundle_id === null ? undefined : await findGuardDeed(trx, channel, release.bundle_id, 'stop');
    // As where a person stops it: who runs it gets the next bundle.
    await noteProvenBad(trx, release, now);
    await deed?.carryOut(systemActor, move.reason);
  }
}
