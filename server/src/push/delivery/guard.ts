// Checks before each request of a batch whether its service is paused, and reports the outcome to the circuit breakers.

import type { PushChannel } from '../../db/tables/push.ts';
import type { PushApp } from '../owner/apps.ts';
import type { PushRoom } from '../room.ts';
import type { Outcome } from '../transports/outcome.ts';
import type { Attempt, Result, Way } from './delivery.ts';
import { listPauses, pauseService, type ServicePause, WHOLE_CHANNEL } from './services.ts';

type Passed = Pick<Result, 'attempt' | 'by'>;

export interface Guard {
  pass(way: Way, send: () => Promise<Outcome>): Promise<Passed>;
}

/** After so many refusals without an acceptance the rest of a batch is deferred, until `judge` has found out what they mean. */
const ENOUGH_REFUSALS = 20;
/** The next batch starts with what this one found out. */
const UNDECIDED: Attempt = { class: 'deferred', untilMs: 0, reason: 'others of its service were refused' };

/** For one batch of one channel, with the present credential. */
export async function openGuard(room: PushRoom, app: PushApp, channel: PushChannel, version: number): Promise<Guard> {
  const { app_id, owner_org } = app;
  const pauses = await listPauses(room.db, app_id, channel);
  /** Refusals so far of services that accepted none of this batch. */
  const refusals = new Map<string, number>();
  // The version is part of the name: a new credential starts with a closed breaker.
  const account = `${app_id}:${channel}:${version}`;
  return {
    async pass({ service, host, foreign = false }, send) {
      const place = `${app_id}@${host}`;
      const known = inForce(pauses.get(service)) ?? inForce(pauses.get(WHOLE_CHANNEL));
      const pause = known ?? room.breakers.pause([account, place], Date.now());
      if (pause) return { attempt: { class: 'deferred', ...pause } };
      if ((refusals.get(service) ?? 0) >= ENOUGH_REFUSALS) return { attempt: UNDECIDED };
      const outcome = await send();
      const by = { service, version, afterPause: pauses.size > 0, foreign };
      if (outcome.class === 'ok') refusals.set(service, Number.NEGATIVE_INFINITY);
      if (outcome.class === 'refused') refusals.set(service, (refusals.get(service) ?? 0) + 1);
      const isOneDevice = outcome.class === 'throttle' && outcome.onlyThisDevice === true;
      const begun = isOneDevice ? undefined : room.breakers.learn(account, place, outcome, Date.now());
      if (begun) {
        const pauseMs = begun.untilMs - Date.now();
        const { reason } = begun;
        await pauseService(room, { app_id, channel, service: WHOLE_CHANNEL, owner_org, reason, devices: 0, pauseMs });
      }
      return { attempt: outcome, by };
    },
  };
}

const inForce = (pause: ServicePause | undefined): ServicePause | undefined =>
  pause && pause.untilMs > Date.now() ? pause : undefined;
