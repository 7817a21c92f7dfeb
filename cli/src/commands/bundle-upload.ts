// `overair bundle upload`: zip, encrypt, send, register and release, or register a bundle that lies on foreign storage.

import type { App } from '@overair/protocol/manage/app';
import type { CreateBundle } from '@overair/protocol/manage/bundle';
import { CliError } from '../cli-error.ts';
import { cliVersion } from '../cli-version.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId, getBundleVersion } from '../project/app.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { chooseGenerations, type Generation, type GenerationOptions } from '../project/key-generations.ts';
import { readProjectSettings } from '../project/project-settings.ts';
import { type Bump, nextVersion } from '../project/version.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import { formatBytes, formatDuration, style } from '../terminal/style.ts';
import { type ContentOptions, type SentContent, sendContent } from './bundle-content.ts';
import { type ExternalOptions, externalFields } from './external-bundle.ts';
import { channelNames, releaseToChannels } from './release.ts';
import { type NativeUploadOptions, nativeFields } from './upload-compatibility.ts';

export interface UploadOptions
  extends GlobalOptions,
    ContentOptions,
    ExternalOptions,
    GenerationOptions,
    NativeUploadOptions {
  bundle?: string;
  bump?: Bump | true;
  /** Comma list; false with `--no-channel`. */
  channel?: string | false;
  link?: string;
  comment?: string;
  versionExistsOk?: boolean;
  selfAssign?: boolean;
  notify?: boolean;
  displayIvSession?: boolean;
}

interface Upload {
  remote: Remote;
  app: App;
  options: UploadOptions;
  /** Fields that all generations of the bundle share. */
  metadata: CreateBundle;
  channels: string[];
}

export async function uploadBundle(context: Context, options: UploadOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const remote = await openRemote(context, options);
  // Before any work: an unknown app or key must not cost a zip and an upload.
  const app = await remote.client.apps.get(app_id);
  const version = await chooseVersion(context, remote, app_id, options);
  const channels = await chooseChannels(context, app, options);
  const generations = options.external ? [undefined] : await chooseGenerations(context, options);
  const native = options.external ? {} : await nativeFields(context, remote, { app_id, version, channels }, options);
  const metadata: CreateBundle = {
    app_id,
    version,
    cli_version: cliVersion(),
    ...(options.minUpdateVersion ? { min_update_version: options.minUpdateVersion } : {}),
    ...native,
    ...(options.link ? { link: options.link } : {}),
    ...(options.comment ? { comment: options.comment } : {}),
  };
  const upload: Upload = { remote, app, options, metadata, channels };
  const [first, ...others] = await inTurn(generations, (generation) => uploadGeneration(context, upload, generation));
  // The document of a normal upload is one bundle; a rotation adds the one for the other key.
  return others.length === 0 ? first! : { ...first!, previous_key: others[0]! };
}

async function uploadGeneration(context: Context, upload: Upload, generation: Generation | undefined) {
  const startedAt = performance.now();
  const { remote, app, options } = upload;
  const version = generation?.versionOf(upload.metadata.version) ?? upload.metadata.version;
  const content: SentContent = generation
    ? await sendContent(context, remote, app.app_id, options, generation.privateKey)
    : { fields: await externalFields(context, options), leftOut: [], sent: { files: 0, bytes: 0 } };
  const created = await register(remote, { ...upload.metadata, version, ...content.fields }, options);
  if (created) {
    const took = formatDuration(performance.now() - startedAt);
    const sent = generation ? `, ${formatBytes(content.sent.bytes)} sent` : '';
    context.ui.success(`Bundle ${style.version(version)} of ${style.id(app.app_id)}${sent} in ${took}`);
    if (options.displayIvSession) context.ui.say(`  session key ${content.fields.session_key ?? 'none'}`);
  } else {
    context.ui.say(`Bundle ${style.version(version)} exists already.`);
  }
  const channels = await releaseToChannels(context, remote, {
    app_id: app.app_id,
    version,
    channels: upload.channels.map((channel) => generation?.channelOf(channel) ?? channel),
    selfAssign: options.selfAssign || generation?.selfAssign || false,
    notify: options.notify ?? false,
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

async function chooseVersion(
  context: Context,
  remote: Remote,
  app_id: string,
  options: UploadOptions,
): Promise<string> {
  if (!options.bump) return getBundleVersion(context, options.bundle);
  if (options.bundle) throw new CliError('conflicting_flags', '--bump finds the version itself; drop --bundle.');
  const bundles = await listAll((page) => remote.client.bundles.list({ app_id, page }));
  return nextVersion(
    bundles.map((bundle) => bundle.name),
    options.bump === true ? 'patch' : options.bump,
  );
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

async function inTurn<T, R>(items: T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await run(item));
  return results;
}
