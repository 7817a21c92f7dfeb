// The checks between a channel and an update, in the order that clients know (docs/protocol/device.md §4.2, rows 9 to 25).
// Each is named for what has to hold, and says why it does not.

import { placeKey } from '../releases/place.ts';
import type { Refusal } from './decision.ts';
import { keyFaultOf } from './key-fault.ts';
import type { Question } from './question.ts';
import type { AppState, Bundle, Channel } from './release-state.ts';
import type { RolloutChoice } from './rollout.ts';
import { parseVersion } from './versions.ts';

export interface Situation {
  state: AppState;
  question: Question;
  channel: Channel;
  via: 'override' | 'named' | 'public';
  rollout: RolloutChoice;
  /** Undefined: the store's bundle. */
  bundle: Bundle | undefined;
  /** How the bundle is called in answers: `builtin` for the store's. */
  bundleName: string;
  onStoreBundle: boolean;
  withManifest: boolean;
}

export type Check = (situation: Situation) => Refusal | undefined;

function bundleHasContent({ bundle }: Situation): Refusal | undefined {
  if (bundle === undefined || bundle.external_url || bundle.object_sha256 || bundle.manifest.length > 0) return;
  return { kind: 'refusal', code: 'no_bundle', version: bundle.name };
}

function keysMatch({ bundle, question }: Situation): Refusal | undefined {
  if (!bundle?.key_id || !question.key_id || !question.client.comparesKeys || bundle.key_id === question.key_id) return;
  const extra = { deviceKeyId: question.key_id, bundleKeyId: bundle.key_id };
  return { kind: 'refusal', code: 'key_id_mismatch', extra, version: bundle.name };
}

/** Before every policy: a device that already runs the bundle is up to date, even one that would be blocked. */
function deviceRunsAnotherBundle({ bundleName, question, ...situation }: Situation): Refusal | undefined {
  if (question.version_name !== bundleName && !isLeftAlone(situation, question)) return;
  return { kind: 'refusal', code: 'no_new_version_available', version: question.version_name };
}

/**
 * Who runs a release that was stopped keeps it; the target of a rollout is `chooseBundle`'s. Where the only release that there was is
 * stopped, the channel offers nothing: the bundle of the store is for people to return to. Source: docs/protocol/device.md §10.6.
 */
function isLeftAlone({ channel, bundle }: Pick<Situation, 'channel' | 'bundle'>, { version_name }: Question): boolean {
  if (channel.stopped.length === 0) return false;
  if (channel.bundle === undefined && bundle === undefined) return true;
  return channel.stopped.includes(version_name) && channel.rollout?.bundle.name !== version_name;
}

/** Only an override can lead to a channel that is off for the platform. */
function platformIsOn({ channel, question, bundleName }: Situation): Refusal | undefined {
  if (channel[question.platform]) return;
  return withheld(`disabled_platform_${question.platform}`, bundleName, question.version_name);
}

function majorIsAllowed({ channel, bundle, question }: Situation): Refusal | undefined {
  if (channel.disable_auto_update !== 'major' || bundle === undefined) return;
  if (bundle.version === undefined) return misconfigured(channel, bundle, question);
  if (bundle.version.major <= question.native.major) return;
  return policy('disable_auto_update_to_major', bundle, question);
}

/** Normal selection never gets here with a private channel. */
function channelIsReachable({ channel, via, bundle }: Situation): Refusal | undefined {
  if (bundle === undefined || via === 'override' || channel.public || channel.allow_device_self_set) return;
  return { kind: 'refusal', code: 'cannot_update_via_private_channel', version: bundle.name };
}

function minorIsAllowed({ channel, bundle, question }: Situation): Refusal | undefined {
  if (channel.disable_auto_update !== 'minor' || bundle === undefined) return;
  if (bundle.version === undefined) return misconfigured(channel, bundle, question);
  const { major, minor } = question.native;
  if (bundle.version.major === major && bundle.version.minor === minor) return;
  return policy('disable_auto_update_to_minor', bundle, question);
}

function patchIsAllowed({ channel, bundle, question }: Situation): Refusal | undefined {
  if (channel.disable_auto_update !== 'patch' || bundle === undefined) return;
  if (bundle.version === undefined) return misconfigured(channel, bundle, question);
  const { major, minor, patch } = question.native;
  if (bundle.version.major === major && bundle.version.minor === minor && bundle.version.patch === patch) return;
  return policy('disable_auto_update_to_patch', bundle, question);
}

function nativeIsNewEnough({ channel, bundle, question }: Situation): Refusal | undefined {
  if (channel.disable_auto_update !== 'version_number' || bundle === undefined) return;
  const minimum = bundle.min_update_version === null ? undefined : parseVersion(bundle.min_update_version);
  if (minimum === undefined) return misconfigured(channel, bundle, question);
  if (minimum.compare(question.native) <= 0) return;
  return policy('disable_auto_update_to_metadata', bundle, question);
}

function bundleIsNotUnderNative({ channel, bundle, question }: Situation): Refusal | undefined {
  if (!channel.disable_auto_update_under_native || bundle === undefined) return;
  if (bundle.version === undefined) return misconfigured(channel, bundle, question);
  if (bundle.version.compare(question.native) >= 0) return;
  return withheld('disable_auto_update_under_native', bundle.name, question.version_name);
}

function prodBuildIsAllowed({ channel, question, bundleName }: Situation): Refusal | undefined {
  if (channel.allow_prod || !question.is_prod) return;
  return withheld('disable_prod_build', bundleName, question.version_name);
}

function devBuildIsAllowed({ channel, question, bundleName }: Situation): Refusal | undefined {
  if (channel.allow_dev || question.is_prod) return;
  return withheld('disable_dev_build', bundleName, question.version_name);
}

function deviceIsAllowed({ channel, question, bundleName }: Situation): Refusal | undefined {
  if (channel.allow_device || question.is_emulator) return;
  return withheld('disable_device', bundleName, question.version_name);
}

function emulatorIsAllowed({ channel, question, bundleName }: Situation): Refusal | undefined {
  if (channel.allow_emulator || !question.is_emulator) return;
  return withheld('disable_emulator', bundleName, question.version_name);
}

/** Who runs the store's bundle needs not go anywhere, whatever its client understands. */
function deviceCanLeaveForStoreBundle(situation: Situation): Refusal | undefined {
  const { bundle, question, onStoreBundle } = situation;
  if (bundle !== undefined) return;
  if (onStoreBundle) return alreadyOnStoreBundle;
  if (question.client.builtin) return;
  return { kind: 'refusal', code: 'revert_to_builtin_plugin_version_too_old', ifOffered: namesake(situation) };
}

/** The bundle of ours that is named like the store's, if the device reports that name: it may run the one or the other. */
export function namesake({ question, onStoreBundle }: Situation): string | undefined {
  return !onStoreBundle && question.version_name === question.version_build ? question.version_name : undefined;
}

/** A client forgets that a bundle failed and would download it again at every check. Source: docs/protocol/device.md §10.2. */
function bundleDidNotFailHere({ state, bundle, question }: Situation): Refusal | undefined {
  if (bundle === undefined) return;
  const failed = state.failures
    .get(question.device_id)
    ?.some(
      (each) => each.didNotStart && each.version_name === bundle.name && each.version_build === question.version_build,
    );
  return failed ? withheld('bundle_failed_on_device', bundle.name, question.version_name) : undefined;
}

/** It failed on several devices of the same native build or OS version. Source: docs/protocol/device.md §10.7. */
function bundleIsNotWithheldHere({ bundle, question }: Situation): Refusal | undefined {
  const places = bundle?.withheldAt;
  if (bundle === undefined || places === undefined) return;
  const { platform, version_build, version_os = '' } = question;
  const isHere =
    places.has(placeKey('native', platform, version_build)) || places.has(placeKey('os', platform, version_os));
  return isHere ? withheld('bundle_withheld_here', bundle.name, question.version_name) : undefined;
}

function bundleCanBeDecrypted({ bundle, question }: Situation): Refusal | undefined {
  if (!bundle?.session_key || question.client.encryption !== 'none') return;
  return withheld('encryption_not_supported', bundle.name, question.version_name);
}

/**
 * A key that does not fit is no proof: the device may hold a key and not tell. When it has tried once and failed, it would
 * fetch and throw away the whole bundle at every check, until it holds another key or is offered another bundle.
 */
function deviceHoldsTheKey({ state, bundle, question }: Situation): Refusal | undefined {
  if (bundle === undefined) return;
  const code = keyFaultOf(bundle, question);
  if (code === undefined) return;
  const triedAndFailed = state.failures
    .get(question.device_id)
    ?.some((each) => each.version_name === bundle.name && each.unopenedWith === (question.key_id ?? ''));
  if (!triedAndFailed) return;
  const message =
    code === 'encryption_not_supported'
      ? 'This bundle is encrypted, and the app on this device holds no key to open it.'
      : undefined;
  return { ...withheld(code, bundle.name, question.version_name), ...(message && { message }) };
}

function bundleCanBeDownloaded({ bundle, question, withManifest }: Situation): Refusal | undefined {
  if (bundle === undefined || hasZip(bundle)) return;
  // Electron always fetches the zip first, so a list of files alone is of no use to it.
  if (withManifest && !question.client.electron) return;
  return { kind: 'refusal', code: 'no_bundle_url', version: bundle.name };
}

export const alreadyOnStoreBundle: Refusal = {
  kind: 'refusal',
  code: 'already_on_builtin',
  extra: { version: 'builtin' },
};

/** The order is the contract. */
export const checks: readonly Check[] = [
  bundleHasContent,
  keysMatch,
  deviceRunsAnotherBundle,
  platformIsOn,
  majorIsAllowed,
  channelIsReachable,
  minorIsAllowed,
  patchIsAllowed,
  nativeIsNewEnough,
  bundleIsNotUnderNative,
  prodBuildIsAllowed,
  devBuildIsAllowed,
  deviceIsAllowed,
  emulatorIsAllowed,
  deviceCanLeaveForStoreBundle,
  bundleDidNotFailHere,
  bundleIsNotWithheldHere,
  bundleCanBeDownloaded,
  bundleCanBeDecrypted,
  deviceHoldsTheKey,
];

/** A URL that is not http(s), in lower case, is as good as none. */
export function hasZip(bundle: Bundle): boolean {
  if (bundle.external_url) return /^https?:\/\//.test(bundle.external_url);
  return bundle.object_sha256 !== null;
}

function withheld(code: Refusal['code'], version: string, old: string): Refusal {
  return { kind: 'refusal', code, extra: { version, old }, version };
}

function policy(code: Refusal['code'], bundle: Bundle, question: Question): Refusal {
  const extra = { major: true, version: bundle.name, old: question.version_build };
  return { kind: 'refusal', code, extra, version: bundle.name };
}

/** Also for names that are no semver: the vendor answers those with a 500. */
function misconfigured(channel: Channel, bundle: Bundle, question: Question): Refusal {
  const extra = { version: bundle.name, old: question.version_build };
  const message = `Channel ${channel.name} is misconfigured`;
  return { kind: 'refusal', code: 'misconfigured_channel', message, extra, version: bundle.name };
}
