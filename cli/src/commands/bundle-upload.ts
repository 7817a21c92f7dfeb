// `overair bundle upload`: zip, encrypt, send, register and release, or register a bundle that lies on foreign storage.

import type { App } from '@overair/protocol/manage/app';
import type { Bundle, CreateBundle } from '@overair/protocol/manage/bundle';
import type { Plan } from '@overair/protocol/manage/plan';
import { CliError, describeError } from '../cli-error.ts';
import { cliVersion } from '../cli-version.ts';
import type { Context } from '../context.ts';
import { type Forecast, forecast } from '../phone/forecast.ts';
import { coerceVersion, findNativeApps, type NativeApp } from '../phone/native-versions.ts';
import { checkVersion, type VersionCheckOptions } from '../phone/version-check.ts';
import { getAppId, getBundleVersion } from '../project/app.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { chooseGenerations, type Generation, type GenerationOptions } from '../project/key-generations.ts';
import { readPlan } from '../project/plan-file.ts';
import { readProjectSettings } from '../project/project-settings.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import { formatBytes, formatDuration, style } from '../terminal/style.ts';
import { type ContentOptions, type SentContent, sendContent } from './bundle-content.ts';
import { type ExternalOptions, externalFields } from './external-bundle.ts';
import { type OverrideOptions, overrideOf } from './override-freeze.ts';
import { assertPlanFits, channelNames, releaseToChannels } from './release.ts';
import { type NativeUploadOptions, nativeFields } from './upload-compatibility.ts';

type Bump = NonNullable<CreateBundle['bump']>;

export interface UploadOptions
  extends OverrideOptions,
    ContentOptions,
    ExternalOptions,
    GenerationOptions,
    NativeUploadOptions,
    VersionCheckOptions {
  bundle?: string;
  bump?: Bump | true;
  /** Comma list; false with `--no-channel`. */
  channel?: string | false;
  link?: string;
  comment?: string;
  versionExistsOk?: boolean;
  selfAssign?: boolean;
  notify?: boolean;
  /** `careful`, `fast`, `at-once`, or a file. */
  plan?: string;
  displayIvSession?: boolean;
}

interface Upload {
  remote: Remote;
  app: App;
  options: UploadOptions;
  /** Fields that all generations of the bundle share. */
  metadata: Omit<CreateBundle, 'version'>;
  /** Undefined: the server chooses it. */
  version: string | undefined;
  channels: string[];
  plan: Plan | undefined;
}

/** The document that `--json` prints; other commands look at the bundle's name alone. */
interface UploadReport {
  bundle: string;
  [field: string]: unknown;
}

export async function uploadBundle(
  context: Context,
  options: UploadOptions,
  appIdGiven?: string,
): Promise<UploadReport> {
  const app_id = await getAppId(context, appIdGiven);
  const remote = await openRemote(context, options);
  // Before any work: an unknown app or key must not cost a zip and an upload.
  const app = await remote.client.apps.get(app_id);
  const channels = await chooseChannels(context, app, options);
  const plan = await choosePlan(context, options);
  await assertPlanFits(remote, app_id, channels, plan);
  const apps = await findNativeApps(context.cwd);
  const version = await chooseVersion(context, options);
  if (version !== undefined) await checkBeforeUpload(context, remote, { app_id, version, channels, apps, options });
  const generations = options.external ? [undefined] : await chooseGenerations(context, options);
  const native = options.external ? {} : await nativeFields(context, remote, { app_id, version, channels }, options);
  const metadata: Upload['metadata'] = {
    app_id,
    cli_version: cliVersion(),
    ...(options.minUpdateVersion ? { min_update_version: options.minUpdateVersion } : {}),
    ...native,
    ...(options.link ? { link: options.link } : {}),
    ...(options.comment ? { comment: options.comment } : {}),
  };
  const upload: Upload = { remote, app, options, metadata, version, channels, plan };
  const [first, ...others] = await uploadGenerations(context, upload, generations, apps);
  const arrival = first!.channels.length > 0 ? await sayWhatArrives(context, remote, first!, apps) : [];
  // The document of a normal upload is one bundle; a rotation adds the one for the other key.
  return { ...first!, arrival, ...(others.length === 0 ? {} : { previous_key: others[0]! }) };
}

/** One after the other: the second is named after the first, whose version the server may have chosen. */
async function uploadGenerations(
  context: Context,
  upload: Upload,
  generations: (Generation | undefined)[],
  apps: readonly NativeApp[],
) {
  const results = [];
  let { version } = upload;
  for (const generation of generations) {
    const result = await uploadGeneration(context, { ...upload, version }, generation, apps);
    version ??= result.bundle;
    results.push(result);
  }
  return results;
}

async function uploadGeneration(
  context: Context,
  upload: Upload,
  generation: Generation | undefined,
  apps: readonly NativeApp[],
) {
  const startedAt = performance.now();
  const { remote, app, options } = upload;
  const content: SentContent = generation
    ? await sendContent(context, remote, app.app_id, options, generation.privateKey)
    : { fields: await externalFields(context, options), leftOut: [], sent: { files: 0, bytes: 0 } };
  const wanted = upload.version && (generation?.versionOf(upload.version) ?? upload.version);
  const naming = wanted ? { version: wanted } : { bump: bumpOf(options), above: versionsOf(apps) };
  const created = await register(remote, { ...upload.metadata, ...content.fields, ...naming }, options);
  const version = created?.name ?? wanted!;
  if (created) {
    const took = formatDuration(performance.now() - startedAt);
    const sent = generation ? `, ${formatBytes(content.sent.bytes)} sent` : '';
    context.ui.success(`Bundle ${style.version(version)} of ${style.id(app.app_id)}${sent} in ${took}`);
    if (options.displayIvSession) context.ui.say(`  session key ${content.fields.session_key ?? 'none'}`);
    await setOwnMinimum(remote, upload, created);
  } else {
    context.ui.say(`Bundle ${style.version(version)} exists already.`);
  }
  const channels = await releaseToChannels(context, remote, {
    app_id: app.app_id,
    version,
    channels: upload.channels.map((channel) => generation?.channelOf(channel) ?? channel),
    selfAssign: options.selfAssign || generation?.selfAssign || false,
    notify: options.notify ?? false,
    plan: upload.plan,
    override: overrideOf(options),
  });
  const { manifest, ...fields } = content.fields;
  return {
    app_id: app.app_id,
    bundle: version,
    id: created?.id ?? null,
    existed: created === undefined,
    ...fields,
    encrypted: Boolean(fields.session_key),
    delta_files: manifest?.length ?? 0,
    left_out: content.leftOut,
    sent_files: content.sent.files,
    sent_bytes: content.sent.bytes,
    ...(content.cost ? { update_cost: content.cost } : {}),
    channels,
  };
}

/** `--channel`, the project's settings, then the channel that apps built from this config follow, then the app's default upload channel. */
async function chooseChannels(context: Context, app: App, { channel }: UploadOptions): Promise<string[]> {
  if (channel === false) return [];
  if (channel !== undefined) return channelNames(channel);
  const settings = await readProjectSettings(context.cwd);
  if (settings.channel) return channelNames(settings.channel);
  const configured = (await findCapacitorConfig(context.cwd))?.updater.defaultChannel;
  return channelNames(typeof configured === 'string' && configured ? configured : app.default_upload_channel);
}

/** Undefined: everybody at once. Before any work: a plan with a mistake must not leave a bundle that nobody is offered. */
async function choosePlan(
  context: Context,
  { plan, channel, selfAssign, notify }: UploadOptions,
): Promise<Plan | undefined> {
  if (plan === undefined) return undefined;
  const other = channel === false ? '--no-channel' : selfAssign ? '--self-assign' : notify ? '--notify' : undefined;
  if (other === undefined) return readPlan(context, plan);
  const mend = notify ? 'a plan wakes devices itself, with "notify: step"' : 'drop one of the two';
  throw new CliError('conflicting_flags', `--plan and ${other} do not go together: ${mend}.`);
}

/** Undefined with `--bump`: the server chooses when the bundle is registered, so that two uploads never want the same one. */
async function chooseVersion(context: Context, options: UploadOptions): Promise<string | undefined> {
  if (!options.bump) return getBundleVersion(context, options.bundle);
  if (options.bundle) throw new CliError('conflicting_flags', '--bump finds the version itself; drop --bundle.');
  if (options.versionExistsOk) {
    throw new CliError('conflicting_flags', '--bump never takes a version that exists; drop --version-exists-ok.');
  }
  return undefined;
}

const bumpOf = ({ bump }: UploadOptions): Bump => (bump === true || bump === undefined ? 'patch' : bump);

/** As the server can compare them. */
const versionsOf = (apps: readonly NativeApp[]): string[] =>
  apps.flatMap(({ version }) => coerceVersion(version ?? '') ?? []);

interface Planned {
  app_id: string;
  version: string;
  channels: string[];
  apps: readonly NativeApp[];
  options: UploadOptions;
}

async function checkBeforeUpload(context: Context, { client }: Remote, planned: Planned): Promise<void> {
  const { app_id, version, channels, apps, options } = planned;
  const known = channels.length === 0 ? [] : await listAll((page) => client.channels.list({ app_id, page }));
  const targets = known.filter(({ name }) => channels.includes(name));
  // A channel that is made by this upload holds back older versions, as the server's default is.
  const holdsBackOlder = targets.length < channels.length || targets.some((each) => each.disableAutoUpdateUnderNative);
  checkVersion(context, { version, apps, holdsBackOlder, isReleased: channels.length > 0 }, options);
}

/** `--auto-min-update-version` may mean the bundle's own version, which the server has just chosen. */
async function setOwnMinimum({ client }: Remote, upload: Upload, created: Bundle): Promise<void> {
  if (!upload.options.autoMinUpdateVersion || upload.metadata.min_update_version) return;
  const { app_id, id, name } = created;
  await client.bundles.updateMetadata({ app_id, version_id: id, min_update_version: name });
}

async function sayWhatArrives(
  context: Context,
  { connection }: Remote,
  released: { app_id: string; bundle: string },
  apps: readonly NativeApp[],
): Promise<Forecast[]> {
  const { ui } = context;
  if (apps.length === 0) {
    ui.say(style.muted('  overair probe --native-version <version of your app> tells what its phones will get'));
    return [];
  }
  const { app_id, bundle: expected } = released;
  try {
    const told = await forecast({ server: connection.server, app_id, cwd: context.cwd, expected }, apps);
    for (const { outcome, version, message, hint } of told) {
      const arrives = outcome === 'download' && version === expected;
      if (arrives) ui.success(message);
      else ui.warn(hint ? `${message} ${hint}` : message);
    }
    return told;
  } catch (error) {
    // The bundle is released; only the forecast failed.
    ui.warn(`What phones will get could not be asked: ${describeError(error)}`);
    return [];
  }
}

/** Undefined when the version exists and `--version-exists-ok` allows that. */
async function register(remote: Remote, body: CreateBundle, options: UploadOptions) {
  try {
    return await remote.client.bundles.create(body);
  } catch (error) {
    if (!options.versionExistsOk || (error as { code?: string }).code !== 'version_already_exists') throw error;
    return undefined;
  }
}
