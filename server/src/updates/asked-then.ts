// The device that is explained for a moment of the past: what its events say of it, and what its app decided by then.

import type { InventedFacts } from '@overair/protocol/manage/device-log';
import type { Db } from '../db/database.ts';
import { FAILURES_THAT_BLOCK } from '../devices/failures.ts';
import { findKnownDevice } from '../devices/list.ts';
import { AppError } from '../errors.ts';
import { findFirstMoment } from '../releases/release-history.ts';
import { findDeviceThen } from '../stats/device-then.ts';
import { DAY_MS } from '../utc-day.ts';
import { type AskedDevice, inventedDevice, questionWith } from './asked-device.ts';
import type { AppState, FailedBundle } from './release-state.ts';
import { stateAt } from './state-at.ts';

interface Moment {
  readonly device_id: string;
  readonly at: Date;
  readonly facts: InventedFacts;
  readonly retentionDays: number;
}

/** Events do not say these; the registry knows the last ones. */
const NOT_IN_EVENTS = ['default_channel', 'key_id', 'version_os', 'custom_id'] as const;

/** Undefined when the device was not known by then. Throws `not_on_record`, and `invalid_at` for the future. */
export async function factsThen(db: Db, today: AppState, moment: Moment): Promise<AskedDevice | undefined> {
  const { device_id, at, facts, retentionDays } = moment;
  const { app_id } = today;
  // A moment is known to the millisecond, and what happened in it counts.
  const before = new Date(at.getTime() + 1);
  await assertOnRecord(db, app_id, at, retentionDays);
  const then = await findDeviceThen(db, { app_id, device_id, before });
  const known = await findKnownDevice(db, app_id, device_id);
  const state = await stateAt(db, today, { device_id, before, failures: failuresOf(then, known, today) });
  if (state === undefined) throw notOnRecord(at, undefined);
  if (then === undefined && (known === undefined || known.created_at >= before)) {
    return inventedDevice(state, device_id, facts);
  }
  const { running, offered, ...told } = then ?? { running: undefined, offered: undefined };
  const ranSince = known?.running_since && known.running_since < before ? known : undefined;
  const running_version = running?.version ?? ranSince?.running_version ?? null;
  const question = questionWith(
    app_id,
    { ...withoutFacts, ...known, ...told, device_id, running_version: running_version ?? known?.version_name ?? null },
    facts,
  );
  const places = {
    running_version,
    running_since: running?.since ?? ranSince?.running_since ?? null,
    offered_version: offered?.version ?? null,
    offered_at: offered?.at ?? null,
  };
  const assumed = [
    ...NOT_IN_EVENTS,
    ...(running_version === null ? ['version_name'] : []),
    ...(then === undefined ? ['platform', 'plugin_version', 'version_build', 'is_prod', 'is_emulator'] : []),
  ].filter((name) => !Object.hasOwn(facts, name));
  return question && { state, question, places, assumed };
}

/** Of a device that was forgotten since. */
const withoutFacts = {
  ...{ platform: '', plugin_version: '', version_build: null, is_prod: true, is_emulator: false },
  ...{ default_channel: null, key_id: null },
};

/** That a key did not fit is known of today alone. */
function failuresOf(
  then: Awaited<ReturnType<typeof findDeviceThen>>,
  known: { device_id: string } | undefined,
  today: AppState,
): FailedBundle[] {
  const unopened = (known && today.failures.get(known.device_id)) ?? [];
  return (then?.failures ?? []).map(({ version_name, version_build, failures }) => ({
    version_name,
    version_build,
    didNotStart: failures >= FAILURES_THAT_BLOCK,
    unopenedWith:
      unopened.find((each) => each.version_name === version_name && each.version_build === version_build)
        ?.unopenedWith ?? null,
  }));
}

async function assertOnRecord(db: Db, app_id: string, at: Date, retentionDays: number): Promise<void> {
  if (at.getTime() > Date.now()) {
    throw new AppError('invalid_at', 400, 'at must be a moment of the past', { at: at.toISOString() });
  }
  const first = await findFirstMoment(db, app_id);
  const kept = new Date(Date.now() - retentionDays * DAY_MS);
  const from = first && (first > kept ? first : kept);
  if (from === undefined || at < startOfMs(from)) throw notOnRecord(at, from);
}

const startOfMs = (moment: Date): Date => new Date(Math.floor(moment.getTime()));

function notOnRecord(at: Date, from: Date | undefined): AppError {
  const since = from === undefined ? '' : `: the record of this app begins at ${from.toISOString()}`;
  return new AppError('not_on_record', 400, `What was decided by at ${at.toISOString()} is not on record${since}`, {
    at: at.toISOString(),
    from: from?.toISOString() ?? null,
  });
}
