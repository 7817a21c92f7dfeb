// `overair bundle upload`: zip, encrypt, send, register and release, or register a bundle that lies on foreign storage.

import type { CreateBundle } from '@overair/protocol/manage/bundle';
import { CliError } from '../cli-error.ts';
import { cliVersion } from '../cli-version.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId, getBundleVersion } from '../project/app.ts';
import { type Bump, nextVersion } from '../project/version.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import { formatBytes, formatDuration, style } from '../terminal/style.ts';
import { type ContentOptions, sendContent } from './bundle-content.ts';
import { type ExternalOptions, externalFields } from './external-bundle.ts';
import { releaseToChannels } from './release.ts';

export interface UploadOptions extends GlobalOptions, ContentOptions, ExternalOptions {
  bundle?: string;
  bump?: Bump | true;
  /** Comma list; false with `--no-channel`. */
  channel?: string | false;
  minUpdateVersion?: string;
  link?: string;
  comment?: string;
  versionExistsOk?: boolean;
  selfAssign?: boolean;
  displayIvSession?: boolean;
}

export async function uploadBundle(context: Context, options: UploadOptions, appIdGiven?: string) {
  const startedAt = performance.now();
  const appId = await getAppId(context, appIdGiven);
  const remote = await openRemote(context, options);
  // Before any work: an unknown app or key must not cost a zip and an upload.
  const app = await remote.client.apps.get(appId);
  const version = await chooseVersion(context, remote, appId, options);
  const metadata = {
    app_id: appId,
    version,
    cli_version: cliVersion(),
    ...(options.minUpdateVersion ? { min_update_version: options.minUpdateVersion } : {}),
    ...(options.link ? { link: options.link } : {}),
    ...(options.comment ? { comment: options.comment } : {}),
  };
  const content = options.external
    ? { fields: await externalFields(context, options), sent: undefined }
    : await sendContent(context, remote, appId, options);
  const created = await register(context, remote, { ...metadata, ...content.fields }, options);
  const channels = await releaseToChannels(context, remote, {
    app,
    version,
    channel: options.channel,
    selfAssign: options.selfAssign ?? false,
  });
  if (created) {
    const took = formatDuration(performance.now() - startedAt);
    const sent = content.sent ? `, ${formatBytes(content.sent.bytes)} sent` : '';
    context.ui.success(`Bundle ${style.version(version)} of ${style.id(appId)}${sent} in ${took}`);
    if (options.displayIvSession) context.ui.say(`  session key ${content.fields.session_key ?? 'none'}`);
  }
  const { manifest, ...fields } = content.fields;
  return {
    app_id: appId,
    bundle: version,
    id: created?.id ?? null,
    existed: created === undefined,
    ...fields,
    encrypted: Boolean(fields.session_key),
    delta_files: manifest?.length ?? 0,
    sent_files: content.sent?.files ?? 0,
    sent_bytes: content.sent?.bytes ?? 0,
    channels,
  };
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
async function register(context: Context, remote: Remote, body: CreateBundle, options: UploadOptions) {
  try {
    return await remote.client.bundles.create(body);
  } catch (error) {
    if (!options.versionExistsOk || (error as { code?: string }).code !== 'version_already_exists') throw error;
    context.ui.say(`Bundle ${style.version(body.version)} exists already.`);
    return undefined;
  }
}
