// What a device should run. Pure: no I/O, no clock, no chance. The checks stand in checks.ts, one small function each.

import { refusals } from '@overair/protocol/device/refusals';
import { isStoreBundle } from '../releases/version-name.ts';
import { alreadyOnStoreBundle, type Check, checks, namesake, type Situation } from './checks.ts';
import type { Decision, Refusal, Step } from './decision.ts';
import type { Question } from './question.ts';
import type { AppState, Bundle, Channel } from './release-state.ts';
import { chooseBundle, type RolloutChoice } from './rollout.ts';
import { type Selection, selectChannel } from './select-channel.ts';

/** Any question gives a decision. With a `trace` every check that was asked is written down in order. */
export function decide(state: AppState | undefined, question: Question, trace?: Step[]): Decision {
  if (state === undefined) return refuse(trace, 'app is known', { code: 'app_not_found' });
  const provider = state.block_provider_infra_requests ? question.provider : undefined;
  if (provider !== undefined) {
    const code = 'provider_infrastructure_request_blocked';
    return refuse(trace, 'request comes from a device', { code, extra: { provider } });
  }
  if (!question.client.supported) {
    const message = `Plugin version ${question.plugin_version} (v4) is no longer supported. Update the plugin to version 5 or later.`;
    return refuse(trace, 'plugin is supported', { code: 'unsupported_plugin_version', message });
  }
  const selection = selectChannel(state, question);
  if (selection === undefined) {
    const { defaultChannel } = question;
    return refuse(trace, 'a channel is found', {
      code: 'no_channel',
      ...(defaultChannel && { asked: defaultChannel }),
    });
  }
  const rollout = chooseBundle(selection.channel, question, state.rollingOut);
  note(trace, 'a channel is found', true, `${selection.channel.name} (${selection.via}), rollout ${rollout.reason}`);
  return decideInChannel(situationOf(state, question, selection, rollout), trace);
}

/** The decision that holds, now that it is known which bundle was offered to the device last. */
export function settle(decision: Decision, offered: string | null | undefined, trace?: Step[]): Decision {
  if (decision.kind === 'update' || decision.ifOffered === undefined) return decision;
  const passed = decision.ifOffered === offered;
  note(trace, 'the running bundle is one of ours', passed, passed ? undefined : alreadyOnStoreBundle.code);
  if (passed) return decision;
  return decision.channel ? { ...alreadyOnStoreBundle, channel: decision.channel } : alreadyOnStoreBundle;
}

function decideInChannel(situation: Situation, trace: Step[] | undefined): Decision {
  for (const check of checks) {
    const refusal = check(situation);
    if (trace) note(trace, nameOf(check), refusal === undefined, refusal?.code);
    if (refusal) return { ...refusal, channel: situation.channel };
  }
  const { bundle, channel, withManifest, rollout } = situation;
  if (bundle) return { kind: 'update', bundle, channel, withManifest, rollout };
  return { kind: 'builtin', channel, ifOffered: namesake(situation) };
}

export interface Refused {
  /** What had to hold. */
  readonly check: string;
  readonly refusal: Refusal;
  /** Undefined: no channel was found. */
  readonly situation: Situation | undefined;
}

/**
 * The check that refuses, and those behind it that would if it did not. Behind a device that is up to date there is nothing to ask.
 */
export function listRefusals(state: AppState, question: Question): Refused[] {
  const steps: Step[] = [];
  const decision = decide(state, question, steps);
  if (decision.kind !== 'refusal') return [];
  const selection = decision.channel && selectChannel(state, question);
  if (selection === undefined) return [{ check: steps.at(-1)!.check, refusal: decision, situation: undefined }];
  const rollout = chooseBundle(selection.channel, question, state.rollingOut);
  const situation = situationOf(state, question, selection, rollout);
  const refused = checks.flatMap((check): Refused[] => {
    const refusal = check(situation);
    return refusal === undefined ? [] : [{ check: nameOf(check), refusal, situation }];
  });
  const end = refused.findIndex(({ refusal }) => refusals[refusal.code].kind === 'up_to_date');
  return end === -1 ? refused : refused.slice(0, end + 1);
}

function situationOf(state: AppState, question: Question, selection: Selection, rollout: RolloutChoice): Situation {
  const { channel } = selection;
  // Old databases hold a row called `builtin` that stands for the store's bundle.
  const bundle = rollout.bundle && isStoreBundle(rollout.bundle.name) ? undefined : rollout.bundle;
  const onStoreBundle = runsStoreBundle(state, question);
  return {
    state,
    question,
    channel,
    via: selection.via,
    rollout,
    bundle,
    bundleName: bundle?.name ?? rollout.bundle?.name ?? 'builtin',
    onStoreBundle,
    withManifest: bundle !== undefined && wantsManifest(bundle, channel, question, onStoreBundle),
  };
}

/** From plugin 8.44 on the store's bundle reports the native version, which may also be the name of a bundle of ours. */
export function runsStoreBundle(state: AppState, question: Question): boolean {
  if (question.saidBuiltin) return true;
  return question.version_name === question.version_build && !state.bundleNames.has(question.version_name);
}

function wantsManifest(bundle: Bundle, channel: Channel, question: Question, onStoreBundle: boolean): boolean {
  if (bundle.external_url || bundle.manifest.length === 0 || !question.client.manifest) return false;
  switch (channel.update_package) {
    case 'zip':
      return false;
    case 'zip_from_builtin':
      return !onStoreBundle;
    case 'delta_from_builtin':
      return onStoreBundle;
    default:
      return true;
  }
}

function refuse(trace: Step[] | undefined, check: string, refusal: Omit<Refusal, 'kind'>): Refusal {
  note(trace, check, false, refusal.code);
  return { kind: 'refusal', ...refusal };
}

function note(trace: Step[] | undefined, check: string, passed: boolean, detail?: string): void {
  trace?.push(detail === undefined ? { check, passed } : { check, passed, detail });
}

/** `platformIsOn` → "platform is on". */
const nameOf = (check: Check): string => check.name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
