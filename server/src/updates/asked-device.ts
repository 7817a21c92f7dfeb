// The device that is explained: what it told last, with what is invented about it.

import type { InventedFacts } from '@overair/protocol/manage/device-log';
import type { Db } from '../db/database.ts';
import { findKnownDevice } from '../devices/list.ts';
import { AppError } from '../errors.ts';
import { knownQuestion, type ToldFacts } from './known-question.ts';
import type { Question } from './question.ts';
import type { AppState } from './release-state.ts';

export interface AskedDevice {
  readonly state: AppState;
  readonly question: Question;
  /** What it runs, and what it was offered last. */
  readonly places: {
    readonly running_version: string | null;
    readonly running_since: Date | null;
    readonly offered_version: string | null;
    readonly offered_at: Date | null;
  };
  /** Facts that are not on record for the moment asked for, and are those of today. */
  readonly assumed: readonly string[];
}

const NO_PLACES = { running_version: null, running_since: null, offered_version: null, offered_at: null };

/** Undefined when it is neither known nor wholly invented. */
export async function factsToday(
  db: Db,
  state: AppState,
  device_id: string,
  facts: InventedFacts,
): Promise<AskedDevice | undefined> {
  const device = await findKnownDevice(db, state.app_id, device_id);
  if (device === undefined) return inventedDevice(state, device_id, facts);
  const { running_version, running_since, offered_version, offered_at } = device;
  // Devices that were not heard of since it is noted what they run: `version_name` is the offered bundle from the offer on.
  const told = { ...device, running_version: running_version ?? device.version_name };
  const question = questionWith(state.app_id, told, facts);
  return (
    question && {
      state,
      question,
      places: { running_version, running_since, offered_version, offered_at },
      assumed: [],
    }
  );
}

const NEEDED = ['platform', 'plugin_version', 'version_build'] as const;

/** Of a device that nobody saw all that decides must be given. It runs the store's bundle unless told. */
export function inventedDevice(state: AppState, device_id: string, facts: InventedFacts): AskedDevice | undefined {
  if (Object.keys(facts).length === 0) return undefined;
  const missing = NEEDED.filter((name) => facts[name] === undefined);
  if (missing.length > 0) {
    const sentence = `No device of this id is known: to invent it, facts must have ${missing.join(', ')} too`;
    throw new AppError('missing_facts', 400, sentence, { missing: [...missing] });
  }
  const question = questionWith(state.app_id, { ...unknownDevice, device_id }, facts);
  return question && { state, question, places: NO_PLACES, assumed: [] };
}

const unknownDevice = {
  ...{ platform: '', plugin_version: '', version_build: null, running_version: 'builtin' },
  ...{ is_prod: true, is_emulator: false, default_channel: null, key_id: null },
};

/** Undefined when the native version is not known. Throws `invalid_fact`. */
export function questionWith(app_id: string, told: ToldFacts, facts: InventedFacts): Question | undefined {
  const { version_name, version_os, channel: _, ...same } = facts;
  const question = knownQuestion(app_id, {
    ...told,
    ...same,
    ...(version_name !== undefined && { running_version: version_name }),
    ...(version_os !== undefined && { os_version: version_os }),
  });
  if (question === undefined && facts.version_build !== undefined) {
    const value = facts.version_build;
    throw new AppError('invalid_fact', 400, 'version_build must be a version: 1.2.3, 1.2 or 1', {
      field: 'version_build',
      value,
    });
  }
  return question;
}
