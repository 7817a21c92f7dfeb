// Decides who is at fault when a service refuses: a device, when others were accepted, or the owner's credential, when all were refused alike.

import type { StoredMessage } from '../message/stored-message.ts';
import type { PushRoom } from '../room.ts';
import type { Outcome } from '../transports/outcome.ts';
import type { Attempt, Result } from './delivery.ts';
import { hasAccepted, noteAccepted, pauseService, type Service } from './services.ts';

/** Devices that have to be refused alike before a service that accepted this credential once is paused. */
const AFTER_ACCEPTANCE = 10;

type Refused = Extract<Outcome, { class: 'refused' }>;

/**
 * Replaces every refusal of a batch by what follows from it. When others were accepted, a refused device is retired. When
 * none was, no device is: the service is paused and the owner warned; with too few devices to tell, only these deliveries end or wait.
 */
export async function judge(
  room: PushRoom,
  stored: StoredMessage,
  results: readonly Result[],
): Promise<readonly Result[]> {
  const groups = Map.groupBy(results, ({ delivery, by }) => `${delivery.target.channel} ${by?.service ?? ''}`);
  const judged: Result[] = [];
  for (const group of groups.values()) judged.push(...(await judgeService(room, stored, group)));
  return judged;
}

async function judgeService(
  room: PushRoom,
  stored: StoredMessage,
  results: readonly Result[],
): Promise<readonly Result[]> {
  const [first] = results;
  const channel = first?.delivery.target.channel;
  if (!first?.by || channel === undefined || channel === 'none') return results;
  const { by } = first;
  const service: Service = { app_id: stored.app.app_id, channel, service: by.service };
  const accepted = results.some(({ attempt }) => attempt.class === 'ok');
  const proof = { ...service, version: by.version };
  if (accepted) await room.proofs.note(proof, by.afterPause, () => noteAccepted(room.db, service));
  const refused = results.filter(isRefused);
  const [example] = refused;
  if (!example) return results;
  if (accepted) return settle(results, beside);
  const devices = new Set(refused.map(({ delivery }) => delivery.target.id)).size;
  const limit = (await hasAccepted(room.db, service))
    ? AFTER_ACCEPTANCE
    : room.transports.get(channel).limits.refusalsToBlame;
  if (by.foreign || devices < limit) return settle(results, alone);
  const { owner_org } = stored.app;
  const pause = await pauseService(room, { ...service, owner_org, reason: example.attempt.reason, devices });
  return settle(results, () => ({ class: 'deferred', ...pause }));
}

const isRefused = (result: Result): result is Result & { attempt: Refused } => result.attempt.class === 'refused';

const settle = (results: readonly Result[], verdict: (refused: Refused) => Attempt): Result[] =>
  results.map((each) => (each.attempt.class === 'refused' ? { ...each, attempt: verdict(each.attempt) } : each));

const waits = ({ code, reason }: Refused): Attempt => ({ class: 'auth', code, reason });

/** Others were accepted by the same service with the same credential a moment before or after. */
const beside = (refused: Refused): Attempt =>
  refused.blameless ? waits(refused) : { class: 'gone', code: refused.code, reason: refused.reason };

const alone = (refused: Refused): Attempt =>
  refused.lasting ? { class: 'unreachable', code: refused.code, reason: refused.reason } : waits(refused);
