// POST /updates: what should this device run?

import { PROBE_DEVICE_ID } from '@overair/protocol/device/probe';
import { refusals } from '@overair/protocol/device/refusals';
import { isUnavailable } from '../../db/unavailable.ts';
import { findLastOffer } from '../../devices/registry.ts';
import type { Sighting } from '../../devices/sighting.ts';
import type { StatsEvent } from '../../stats/event.ts';
import { decide, runsStoreBundle, settle } from '../../updates/decide.ts';
import type { Decision } from '../../updates/decision.ts';
import type { Question } from '../../updates/question.ts';
import type { AppState } from '../../updates/release-state.ts';
import type { Parts } from '../../wiring.ts';
import { AnswerWriter } from './answer.ts';
import { heardInCheck } from './heard-outcomes.ts';
import { parseBody, readQuestion, updateRules } from './question.ts';
import type { Call } from './route.ts';
import { isStoreMachine, originOf } from './store-machines.ts';

type UpdatesParts = Pick<
  Parts,
  'snapshots' | 'sightings' | 'served' | 'signDownload' | 'database' | 'config' | 'providers' | 'metrics'
>;

/** What is in memory is answered without a promise. */
export function updatesAnswerer({
  snapshots,
  sightings,
  served,
  signDownload,
  database,
  config,
  providers,
  metrics,
}: UpdatesParts) {
  const writer = new AnswerWriter(signDownload, config.publicUrl);

  const respond = (state: AppState | undefined, question: Question): string | Promise<string> => {
    const nowMs = Date.now();
    const decision = decide(state, question);
    if (decision.kind !== 'update' && decision.ifOffered !== undefined) {
      return lastOffer(question).then((offered) => answer(settle(decision, offered), state, question, nowMs));
    }
    return answer(decision, state, question, nowMs);
  };

  function answer(decision: Decision, state: AppState | undefined, question: Question, nowMs: number): string {
    metrics.decisions.of(decision.kind === 'refusal' ? decision.code : decision.kind).value++;
    if (state !== undefined) note(state, question, decision, nowMs);
    return writer.write(decision, state, question, nowMs);
  }

  /** The one question that memory cannot answer, asked only of devices in a channel that leads back to the store. */
  async function lastOffer({ app_id, device_id }: Question): Promise<string | undefined> {
    try {
      return sightings.pendingOffer(app_id, device_id) ?? (await findLastOffer(database.db, app_id, device_id));
    } catch (error) {
      // Nobody knows what it runs: then the answer leaves it where it is.
      if (isUnavailable(error)) return undefined;
      throw error;
    }
  }

  /** Runs after the answer was decided, without waiting. Source: docs/protocol/device.md §4.6. */
  function note(state: AppState, question: Question, decision: Decision, nowMs: number): void {
    if (isStoreMachine(state, question.provider)) {
      served.holdBack(state.app_id, 'store_network', nowMs);
      return;
    }
    if (question.device_id === PROBE_DEVICE_ID) return;
    const { action, version } = outcomeOf(decision);
    const channel = decision.channel?.name ?? '';
    const offered = decision.kind === 'update' ? version : null;
    const sighting = sightingOf(state, question, offered, nowMs);
    const isNew = sightings.note(sighting, `${action ?? ''} ${version} ${sighting.running_version}`);
    const { app_id, device_id, platform } = question;
    if (action !== null) served.count({ app_id, bundle_name: version, channel, platform, action }, nowMs);
    if (!isNew) return;
    const ran = sighting.running_version ?? null;
    const line = action === null ? undefined : logEvent(question, action, version, channel, nowMs, ran);
    if (line) line.metadata = noteOf(decision);
    served.log(line, heardInCheck(state, question, decision), () => sightings.forgetTold(app_id, device_id));
  }

  return ({ body, ip }: Call): string | Promise<string> => {
    const question = readQuestion(parseBody(body), updateRules, originOf(ip, providers));
    const state = snapshots.get(question.app_id);
    return state instanceof Promise ? state.then((loaded) => respond(loaded, question)) : respond(state, question);
  };
}

/** The action under which an answer is counted (null: it is not), and the bundle that it offered or withheld. */
function outcomeOf(decision: Decision): { action: string | null; version: string } {
  if (decision.kind === 'update') return { action: 'get', version: decision.bundle.name };
  if (decision.kind === 'builtin') return { action: null, version: '' };
  const version = decision.version === 'builtin' ? '' : (decision.version ?? '');
  return { action: refusals[decision.code].action, version };
}

/** What the device's log says of an answer beside its action. */
const noteOf = (decision: Decision): Record<string, string> | null =>
  decision.kind === 'refusal' && decision.asked !== undefined ? { asked_channel: decision.asked } : null;

function sightingOf(state: AppState, question: Question, offered: string | null, seenMs: number): Sighting {
  return {
    app_id: question.app_id,
    device_id: question.device_id,
    platform: question.platform,
    plugin_version: question.plugin_version,
    os_version: question.version_os ?? null,
    version_build: question.version_build,
    version_code: question.version_code ?? null,
    version_name: offered ?? question.version_name,
    custom_id: state.allow_device_custom_id ? question.custom_id : '',
    is_prod: question.is_prod,
    is_emulator: question.is_emulator,
    default_channel: question.defaultChannel || null,
    key_id: question.key_id ?? null,
    install_source: question.install_source,
    offered_version: offered,
    running_version: runsStoreBundle(state, question) ? 'builtin' : question.version_name,
    seenMs,
    ip: question.ip,
  };
}

/** A row of the device's log that the server writes itself. `ran`: a bundle or `builtin`; null: it does not say. */
export function logEvent(
  question: Question,
  action: string,
  version: string,
  channel: string,
  nowMs: number,
  ran: string | null = null,
): StatsEvent {
  return {
    app_id: question.app_id,
    device_id: question.device_id,
    action,
    version_name: version || null,
    bundle_name: version,
    old_version_name: ran,
    old_bundle_name: '',
    platform: question.platform,
    plugin_version: question.plugin_version,
    version_build: question.version_build,
    is_prod: question.is_prod,
    is_emulator: question.is_emulator,
    channel,
    metadata: null,
    occurredMs: nowMs,
    receivedMs: nowMs,
    dedupe_key: null,
    rollup: false,
  };
}
