// `overair bundle upload`: zip, encrypt, send, register and release, or register a bundle that lies on foreign storage.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { CreateBundle } from '@overair/protocol/manage/bundle';
import { encryptFile, sealBundle } from '../bundle/encrypt.ts';
import { CliError } from '../cli-error.ts';
import { cliVersion } from '../cli-version.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId, getBundleVersion } from '../project/app.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { findPrivateKey, type KeyOptions } from '../project/key-files.ts';
import { configuredKeyId, requireKeyOfApp } from '../project/public-key.ts';
import { type Bump, nextVersion } from '../project/version.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import { type StoredFile, uploadFile } from '../remote/upload.ts';
import { inTemporaryFolder } from '../temporary-files.ts';
import { formatBytes, formatDuration, style } from '../terminal/style.ts';
import { type CodeCheckOptions, collectFiles, zipWithProgress } from './bundle-zip.ts';
import { type ExternalOptions, externalFields } from './external-bundle.ts';
import { releaseToChannels } from './release.ts';

export interface UploadOptions extends GlobalOptions, CodeCheckOptions, ExternalOptions {
  path?: string;
  bundle?: string;
  bump?: Bump | true;
  /** Comma list; false with `--no-channel`. */
  channel?: string | false;
  /** File; false with `--no-key`. */
  key?: string | false;
  keyData?: string;
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
    ? { fields: await externalFields(context, options), sentBytes: 0 }
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
    const sent = options.external ? '' : `, ${formatBytes(content.sentBytes)} sent`;
    context.ui.success(`Bundle ${style.version(version)} of ${style.id(appId)}${sent} in ${took}`);
    if (options.displayIvSession) context.ui.say(`  session key ${content.fields.session_key ?? 'none'}`);
  }
  return {
    app_id: appId,
    bundle: version,
    id: created?.id ?? null,
    existed: created === undefined,
    ...content.fields,
    encrypted: Boolean(content.fields.session_key),
    sent_bytes: content.sentBytes,
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

type ContentFields = Partial<CreateBundle>;

async function sendContent(context: Context, remote: Remote, appId: string, options: UploadOptions) {
  const privateKey = await chooseKey(context, options);
  const files = await collectFiles(context, options);
  return inTemporaryFolder(async (folder) => {
    const zip = join(folder, 'bundle.zip');
    const clear = await zipWithProgress(context, files, zip);
    if (!privateKey) {
      const fields: ContentFields = { upload: clear.sha256, checksum: clear.sha256, crc32: clear.crc32 };
      return { fields, sentBytes: await send(context, remote, appId, { path: zip, digest: clear, kind: 'zip' }) };
    }
    const sealed = sealBundle(clear.sha256, privateKey);
    const target = join(folder, 'bundle.encrypted');
    const digest = await encryptFile(zip, target, sealed.session);
    const fields: ContentFields = {
      upload: digest.sha256,
      checksum: sealed.checksum.v3,
      checksum_v2: sealed.checksum.v2,
      crc32: clear.crc32,
      session_key: sealed.sessionKey,
      key_id: sealed.keyId,
    };
    return { fields, sentBytes: await send(context, remote, appId, { path: target, digest, kind: 'encrypted' }) };
  });
}

async function chooseKey(context: Context, options: UploadOptions): Promise<KeyObject | undefined> {
  const keyOptions: KeyOptions = {
    ...(options.key ? { key: options.key } : {}),
    ...(options.keyData ? { keyData: options.keyData } : {}),
  };
  const privateKey = options.key === false ? undefined : await findPrivateKey(context, keyOptions);
  if (privateKey) {
    await requireKeyOfApp(context, privateKey);
    return privateKey;
  }
  const expected = configuredKeyId(await findCapacitorConfig(context.cwd));
  if (!expected) return undefined;
  if (options.key !== false) {
    throw new CliError(
      'missing_key',
      `The app's config holds public key ${expected}, but there is no private key here.`,
      {
        hint: 'Its phones refuse bundles that are not encrypted. Set OVERAIR_PRIVATE_KEY, pass --key, or insist with --no-key.',
      },
    );
  }
  context.ui.warn('The app holds a public key: its phones refuse this unencrypted bundle.');
  return undefined;
}

async function send(context: Context, remote: Remote, appId: string, file: StoredFile): Promise<number> {
  const progress = context.ui.progress('Uploading', file.digest.bytes);
  try {
    return await uploadFile(remote.client, appId, file, progress.at);
  } finally {
    progress.end();
  }
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
