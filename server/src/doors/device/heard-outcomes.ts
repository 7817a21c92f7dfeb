// What a check, or a reported event, says about the bundles of a device: the signals of which outcomes are made.

import { refusals } from '@overair/protocol/device/refusals';
import type { StatsEvent } from '../../stats/event.ts';
import type { Heard } from '../../stats/heard.ts';
import { type Signal, signalOf } from '../../stats/outcome-words.ts';
import { isPlatform } from '../../updates/client.ts';
import { runsStoreBundle } from '../../updates/decide.ts';
import type { Decision } from '../../updates/decision.ts';
import type { Question } from '../../updates/question.ts';
import type { AppState } from '../../updates/release-state.ts';
import { storable } from './fields.ts';
import { bundleNameOf } from './stats-event.ts';

/** First what the device runs, then what it was told. That it is up to date says nothing of its own. */
export function heardInCheck(state: AppState, question: Question, decision: Decision): Heard[] {
  const facts = {
    app_id: question.app_id,
    device_id: question.device_id,
    channel: decision.channel?.name ?? '',
    platform: question.platform,
    version_build: question.version_build,
    is_test: !question.is_prod || question.is_emulator,
  };
  const heard: Heard[] = [{ ...facts, ...runningInCheck(state, question, decision) }];
  if (decision.kind === 'update') heard.push({ ...facts, signal: 'offered', bundle_name: decision.bundle.name });
  if (decision.kind === 'refusal' && refusals[decision.code].kind !== 'up_to_date') {
    const bundle_name = bundleNameOf(state, decision.version ?? null);
    heard.push({ ...facts, signal: 'refused', bundle_name, code: decision.code });
  }
  return heard;
}

/**
 * A bundle that the channel serves counts even if this server never offered it: the app may have moved in from another. Not
 * where the native version has the same name, which then says nothing.
 */
function runningInCheck(
  state: AppState,
  question: Question,
  { channel }: Decision,
): Pick<Heard, 'signal' | 'bundle_name'> {
  const { version_name, version_build } = question;
  // Also one that was deleted since: the device runs it all the same.
  const isOurs = !runsStoreBundle(state, question) && state.bundleNames.has(version_name);
  const bundle_name = isOurs ? version_name : '';
  const served = [channel?.bundle?.name, channel?.rollout?.bundle.name];
  const isServed = bundle_name !== '' && bundle_name !== version_build && served.includes(bundle_name);
  return { signal: isServed ? 'found_running' : 'running', bundle_name };
}

/** Undefined when the event says nothing about a bundle of the app. */
export function heardInEvent(event: StatsEvent): Heard | undefined {
  const { app_id, device_id, bundle_name, channel, platform, version_build } = event;
  const signal = signalOf(event.action);
  if (signal === undefined || (bundle_name === '' && !saysRunning(signal))) return undefined;
  const is_test = !event.is_prod || event.is_emulator;
  const facts = { app_id, device_id, channel, version_build: version_build ?? '', is_test };
  return { ...facts, platform: isPlatform(platform) ? platform : '', bundle_name, signal, event };
}

const saysRunning = (signal: Signal | undefined): boolean => signal === 'started' || signal === 'running';

/** The bundle that the device says it runs, or `builtin`; null when the event says nothing about that. */
export function runningIn({ action, bundle_name, version_name, version_build }: StatsEvent): string | null {
  if (!saysRunning(signalOf(action))) return null;
  return bundle_name || (version_name === version_build ? 'builtin' : version_name && storable(version_name));
}

/** The bundle that the device went back from; null when the event says nothing about that. It does not say to which one. */
export const leftIn = ({ action, bundle_name }: StatsEvent): string | null =>
  signalOf(action) === 'start_failed' && bundle_name !== '' ? bundle_name : null;

/** What a device runs may be another thing after this, and then its next check is news even if it repeats the last. */
export const outdatesCheck = ({ action }: StatsEvent): boolean =>
  action === 'set' || ['crashed', 'start_failed'].includes(signalOf(action) ?? '');
