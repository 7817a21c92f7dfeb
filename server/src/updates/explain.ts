// Why a device does, or does not, get an update: the very decision of the hot path, with its trace written down. Now or at a moment
// of the past, and with facts that are invented.

import { refusals } from '@overair/protocol/device/refusals';
import type { InventedFacts } from '@overair/protocol/manage/device-log';
import type { Db } from '../db/database.ts';
import { channelNotFound } from '../releases/overrides.ts';
import { type AskedDevice, factsToday } from './asked-device.ts';
import { factsThen } from './asked-then.ts';
import { decide, settle } from './decide.ts';
import type { Decision, Step } from './decision.ts';
import type { Question } from './question.ts';
import type { AppState, Channel } from './release-state.ts';
import { chooseBundle, rolloutBucketOf } from './rollout.ts';
import { whyNoChannel } from './select-channel.ts';
import { type Mendable, wouldChange } from './would-change.ts';

interface Explained {
  device_id: string;
  at: Date | null;
  facts: ReturnType<typeof showFacts>;
  assumed: readonly string[];
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
  would_change: Mendable[];
}

interface RolloutPreview {
  bundle: string;
  percentage_bps: number;
  /** From this share on, in basis points, it is inside. */
  enters_at_bps: number;
  is_inside: boolean;
  reason: string;
}

interface Asked {
  device_id: string;
  /** Undefined: now. */
  at?: Date | undefined;
  facts?: InventedFacts | undefined;
  retentionDays: number;
}

/**
 * Undefined when the device was never seen, or not by then; with enough invented facts it need not have been. Throws `not_on_record` for a
 * moment from which nothing is kept.
 */
export async function explainDevice(db: Db, today: AppState, asked: Asked): Promise<Explained | undefined> {
  const { at = null, facts = {} } = asked;
  const device_id = asked.device_id.toLowerCase();
  const found =
    at === null
      ? await factsToday(db, today, device_id, facts)
      : await factsThen(db, today, { device_id, at, facts, retentionDays: asked.retentionDays });
  return found && { ...explain(withChannel(found, facts.channel)), at };
}

/** As if it were forced onto this channel. */
function withChannel(device: AskedDevice, name: string | undefined): AskedDevice {
  if (name === undefined) return device;
  const { state, question } = device;
  const channel = state.channels.find((each) => each.name === name);
  if (channel === undefined) throw channelNotFound(name);
  return { ...device, state: { ...state, overrides: new Map([[question.device_id, channel.id]]) } };
}

function explain({ state, question, places, assumed }: AskedDevice): Omit<Explained, 'at'> {
  const steps: Step[] = [];
  const decision = settle(decide(state, question, steps), places.offered_version, steps);
  const words = inWords(decision);
  if (words.outcome === 'no_channel') words.message = whyNoChannel(state, question);
  const { channel } = decision;
  return {
    device_id: question.device_id,
    facts: showFacts(question),
    assumed,
    ...words,
    channel: channel?.name ?? null,
    ...places,
    rollout: channel === undefined ? null : previewRollout(state, channel, question),
    steps,
    would_change: wouldChange(state, question, decision, steps.at(-1)?.check ?? ''),
  };
}

function showFacts(question: Question) {
  const { platform, plugin_version, version_build, saidBuiltin, version_name, is_prod, is_emulator } = question;
  return {
    platform,
    plugin_version,
    version_build,
    version_name: saidBuiltin ? 'builtin' : version_name,
    is_prod,
    is_emulator,
    custom_id: question.custom_id,
    default_channel: question.defaultChannel || null,
    key_id: question.key_id ?? null,
    version_os: question.version_os ?? null,
  };
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
