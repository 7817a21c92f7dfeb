// What would make a check that refuses let a device pass: for the owner, who asks why it gets no update. Pure.

import type { RefusalCode } from '@overair/protocol/device/refusals';
import type { Change } from '@overair/protocol/manage/device-log';
import { listRefusals, type Refused } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Question } from './question.ts';
import type { AppState, Bundle, Channel } from './release-state.ts';
import { asksForDefault } from './select-channel.ts';
import { parseVersion } from './versions.ts';

export interface Mendable {
  /** What has to hold. */
  readonly check: string;
  readonly code: RefusalCode;
  /** Each is enough for this check. Empty: nothing that can be changed. */
  readonly changes: readonly Change[];
}

/**
 * For the check that refuses, and then for those that would refuse if it did not. `decision` as it was settled, and the last `check` that
 * was asked.
 */
export function wouldChange(state: AppState, question: Question, decision: Decision, check: string): Mendable[] {
  if (decision.kind !== 'refusal') return [];
  // Settled: it runs the store's bundle, not that of ours which has the same name.
  if (decision.code === 'already_on_builtin' && decision.channel !== undefined) {
    return [{ check, code: decision.code, changes: [other(decision.channel, servesNothing(decision.channel))] }];
  }
  return listRefusals(state, question).map((refused) => ({
    check: refused.check,
    code: refused.refusal.code,
    changes: changesFor(state, question, refused),
  }));
}

const servesNothing = ({ name }: Channel): string => `Channel ${name} serves a bundle`;

interface InChannel {
  readonly question: Question;
  readonly channel: Channel;
  /** Undefined: the store's. */
  readonly bundle: Bundle | undefined;
  readonly name: string;
}

function changesFor(state: AppState, question: Question, { check, refusal, situation }: Refused): readonly Change[] {
  if (situation !== undefined) {
    const { channel, bundle, bundleName: name } = situation;
    const rule = byCheck[check] ?? byCode[refusal.code];
    return rule?.({ question, channel, bundle, name }) ?? [];
  }
  if (refusal.code === 'no_channel') return toFindChannel(state, question);
  if (refusal.code !== 'unsupported_plugin_version') return [];
  return [plugin('5.0.0', 'The app is built with version 5 of the plugin, or a later one')];
}

/** The channel's setting that a person can change. */
function setting({ channel }: Pick<InChannel, 'channel'>, name: string, value: string | boolean): Change {
  const shown = typeof value === 'string' ? value : value ? 'on' : 'off';
  return {
    code: 'channel_setting',
    channel: channel.name,
    setting: name,
    value: String(value),
    message: `Channel ${channel.name} has ${name} ${shown}`,
  };
}

const native = (value: string, message: string): Change => ({ code: 'native_version', value, message });
const plugin = (value: string, message: string): Change => ({ code: 'plugin_version', value, message });
const other = (channel: Channel, message = `Channel ${channel.name} serves another bundle`): Change => ({
  code: 'another_bundle',
  channel: channel.name,
  message,
});
const content = ({ channel, name }: InChannel, what: string): Change => ({
  code: 'bundle_content',
  channel: channel.name,
  value: name,
  message: `Bundle ${name} ${what}`,
});

type Rule = (facts: InChannel) => readonly Change[];

/** Nobody installs an older native version. */
function newer({ question }: InChannel, version: string): Change[] {
  const wanted = parseVersion(version);
  if (wanted === undefined || wanted.compare(question.native) <= 0) return [];
  return [native(version, `The device installs native version ${version} from its store`)];
}

/** The mode lets every bundle pass. */
const withoutMode = (facts: InChannel) => setting(facts, 'disable_auto_update', 'none');

const allowed =
  (name: string): Rule =>
  (facts) => [setting(facts, name, true)];

const numbersOf = ({ bundle }: InChannel) => bundle?.version ?? { major: 0, minor: 0, patch: 0 };

/** Where one code is the answer of several checks. */
const byCheck: Readonly<Record<string, Rule>> = {
  'native is new enough': (facts) => {
    const minimum = facts.bundle?.min_update_version;
    return minimum != null && parseVersion(minimum) !== undefined
      ? [withoutMode(facts), ...newer(facts, minimum)]
      : [withoutMode(facts), content(facts, 'has a min_update_version, which is a version')];
  },
  'bundle is not under native': (facts) => [
    setting(facts, 'disable_auto_update_under_native', false),
    other(
      facts.channel,
      `Channel ${facts.channel.name} serves a bundle whose version is ${facts.question.version_build} or later`,
    ),
  ],
  'bundle can be decrypted': ({ channel, name }) => [
    plugin('8.0.0', `The app is built with a version of the plugin that decrypts bundle ${name}`),
    other(channel, `Channel ${channel.name} serves a bundle that is not encrypted`),
  ],
  'device holds the key': ({ channel, bundle }) => [
    {
      code: 'encryption_key',
      channel: channel.name,
      message: bundle?.session_key
        ? 'The app is built with the public key that opens the bundle'
        : `Channel ${channel.name} serves a bundle that is encrypted for the key in the app`,
    },
  ],
};

const byCode: Readonly<Partial<Record<RefusalCode, Rule>>> = {
  no_bundle: (facts) => [content(facts, 'is uploaded with its files'), other(facts.channel)],
  no_bundle_url: (facts) => [content(facts, 'is uploaded as a zip'), other(facts.channel)],
  key_id_mismatch: ({ channel, question, bundle }) => [
    {
      code: 'encryption_key',
      channel: channel.name,
      ...(question.key_id !== undefined && { value: question.key_id }),
      message: `Channel ${channel.name} serves a bundle that is encrypted for key ${question.key_id}, or the app is built with key ${bundle?.key_id}`,
    },
  ],
  no_new_version_available: ({ channel }) => [other(channel)],
  already_on_builtin: ({ channel }) => [other(channel, servesNothing(channel))],
  disabled_platform_ios: allowed('ios'),
  disabled_platform_android: allowed('android'),
  disabled_platform_electron: allowed('electron'),
  disable_auto_update_to_major: (facts) => [withoutMode(facts), ...newer(facts, `${numbersOf(facts).major}.0.0`)],
  disable_auto_update_to_minor: (facts) => {
    const { major, minor } = numbersOf(facts);
    return [withoutMode(facts), ...newer(facts, `${major}.${minor}.0`)];
  },
  disable_auto_update_to_patch: (facts) => {
    const { major, minor, patch } = numbersOf(facts);
    return [withoutMode(facts), ...newer(facts, `${major}.${minor}.${patch}`)];
  },
  misconfigured_channel: (facts) => [
    withoutMode(facts),
    other(facts.channel, `Channel ${facts.channel.name} serves a bundle whose name is a version`),
  ],
  cannot_update_via_private_channel: (facts) => [
    setting(facts, 'public', true),
    setting(facts, 'allow_device_self_set', true),
  ],
  disable_prod_build: allowed('allow_prod'),
  disable_dev_build: allowed('allow_dev'),
  disable_device: allowed('allow_device'),
  disable_emulator: allowed('allow_emulator'),
  revert_to_builtin_plugin_version_too_old: ({ channel, question }) => [
    // No plugin for Electron goes back.
    ...(question.client.electron
      ? []
      : [plugin('6.2.0', 'The app is built with version 6.2.0 of the plugin, or a later one')]),
    other(channel, servesNothing(channel)),
  ],
  bundle_withheld_here: ({ channel, name }) => [
    {
      code: 'lift_withheld',
      channel: channel.name,
      value: name,
      message: `Somebody lifts that bundle ${name} is withheld there`,
    },
    other(channel),
  ],
  bundle_failed_on_device: ({ channel }) => [
    other(channel),
    { code: 'native_version', message: 'The device installs another native version from its store' },
  ],
};

/** Why there is no channel decides what would find one. */
function toFindChannel(state: AppState, question: Question): Change[] {
  const { platform, defaultChannel: name } = question;
  const force: Change = { code: 'device_channel', message: 'The device is forced onto a private channel' };
  if (name === '' || asksForDefault(state, question)) return [...toFindDefault(state, platform), force];
  const unnamed: Change = { code: 'device_channel', value: '', message: 'The app names another channel, or none' };
  const named = state.channels.find((channel) => channel.name === name);
  if (named === undefined) {
    const message = `The app has a channel ${name} that devices may choose`;
    return [{ code: 'channel_exists', channel: name, message }, unnamed, force];
  }
  if (named.unusable) return [other(named), unnamed, force];
  const closed = !named.public && !named.allow_device_self_set;
  const off = !named[platform];
  const both = closed && off ? `, and ${platform} on` : '';
  const opened = closed ? setting({ channel: named }, 'allow_device_self_set', true) : undefined;
  const first = opened ?? setting({ channel: named }, platform, true);
  return [{ ...first, message: first.message + both }, unnamed, force];
}

function toFindDefault(state: AppState, platform: Question['platform']): Change[] {
  const candidates = state.channels.filter((channel) => !channel.unusable);
  const published = candidates.find((channel) => channel.public);
  if (published) return [setting({ channel: published }, platform, true)];
  const unpublished = candidates.filter((channel) => channel[platform]);
  if (unpublished.length === 0) {
    return [{ code: 'channel_exists', message: `The app has a public channel with ${platform} on` }];
  }
  return unpublished.slice(0, MOST_CHANNELS).map((channel) => setting({ channel }, 'public', true));
}

const MOST_CHANNELS = 3;
