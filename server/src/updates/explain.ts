// Why a device does, or does not, get an update: the very decision of the hot path, with its trace written down.

import { refusals } from '@overair/protocol/device/refusals';
import type { Db } from '../db/database.ts';
import { findKnownDevice } from '../devices/list.ts';
import { decide, settle } from './decide.ts';
import type { Decision, Step } from './decision.ts';
import { knownQuestion } from './known-question.ts';
import type { Question } from './question.ts';
import type { AppState, Channel } from './release-state.ts';
import { chooseBundle, rolloutBucketOf } from './rollout.ts';
import { whyNoChannel } from './select-channel.ts';

interface Explained {
  device_id: string;
  /** `update`, `builtin` or the code of a refusal. */
  outcome: string;
  message: string;
  channel: string | null;
  version: string | null;
  running_version: string | null;
  running_since: Date | null;
  offered_version: string | null;
  offered_at: Date | null;
  /** Of the channel that it listens to; null without one under way, paused or not. */
  rollout: RolloutPreview | null;
  steps: Step[];
}

interface RolloutPreview {
  bundle: string;
  percentage_bps: number;
  /** From this share on, in basis points, it is inside. */
  enters_at_bps: number;
  is_inside: boolean;
  reason: string;
}

/** Undefined when the device was never seen. Asked with what the device last told about itself. */
export async function explainDevice(db: Db, state: AppState, device_id: string): Promise<Explained | undefined> {
  const known = await lastQuestion(db, state.app_id, device_id.toLowerCase());
  if (known === undefined) return undefined;
  const { question, places } = known;
  const steps: Step[] = [];
  const decision = settle(decide(state, question, steps), places.offered_version, steps);
  const words = inWords(decision);
  if (words.outcome === 'no_channel') words.message = whyNoChannel(state, question);
  const { channel } = decision;
  const rollout = channel === undefined ? null : previewRollout(state, channel, question);
  return { device_id: question.device_id, ...words, channel: channel?.name ?? null, ...places, rollout, steps };
}

function inWords(decision: Decision): { outcome: string; message: string; version: string | null } {
  if (decision.kind === 'update') {
    const { name } = decision.bundle;
    return { outcome: 'update', message: `It gets bundle ${name} at its next check`, version: name };
  }
  if (decision.kind === 'builtin') {
    return { outcome: 'builtin', message: 'It goes back to the bundle of the store', version: null };
  }
  const { code, message, version } = decision;
  return { outcome: code, message: message ?? refusals[code].message, version: version ?? null };
}

/** Whether the device gets the second bundle, and from which share on it would. */
function previewRollout(state: AppState, channel: Channel, question: Question): RolloutPreview | null {
  const { rollout } = channel;
  if (rollout === undefined) return null;
  const { selected: is_inside, reason } = chooseBundle(channel, question, state.rollingOut);
  return {
    bundle: rollout.bundle.name,
    percentage_bps: rollout.percentageBps,
    enters_at_bps: rolloutBucketOf(rollout.id, question.device_id) + 1,
    is_inside,
    reason,
  };
}

interface Known {
  question: Question;
  /** What it runs, and what it was offered last. */
  places: Pick<Explained, 'running_version' | 'running_since' | 'offered_version' | 'offered_at'>;
}

async function lastQuestion(db: Db, app_id: string, device_id: string): Promise<Known | undefined> {
  const device = await findKnownDevice(db, app_id, device_id);
  if (device === undefined) return undefined;
  const { running_version, running_since, offered_version, offered_at } = device;
  // Devices that were not heard of since it is noted what they run: `version_name` is the offered bundle from the offer on.
  const question = knownQuestion(app_id, { ...device, running_version: running_version ?? device.version_name });
  return question && { question, places: { running_version, running_since, offered_version, offered_at } };
}
