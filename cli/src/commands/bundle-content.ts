// Turns the web folder into what the server stores, one zip and single files, encrypted if there is a key, and sends what it lacks.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { CreateBundle } from '@overair/protocol/manage/bundle';
import { rememberBundle } from '../adviser/previous-bundle.ts';
import {
  type DeltaObject,
  deltaImpossible,
  deltaObstacle,
  keepsNamesOfReusedFiles,
  prepareDelta,
  supportsDelta,
  updaterObstacle,
} from '../bundle/delta.ts';
import { encryptFile, type SealedBundle, sealBundle } from '../bundle/encrypt.ts';
import type { WebFile } from '../bundle/web-folder.ts';
import { openCacheFolder, pruneCacheFolder } from '../cache-folder.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { Digest } from '../crypto/digest.ts';
import { deriveSession } from '../crypto/seal.ts';
import { findInstalledUpdater } from '../project/app-package.ts';
import type { Remote } from '../remote/client.ts';
import type { StoredFile } from '../remote/stored-file.ts';
import { type Sent, uploadFiles } from '../remote/upload.ts';
import { inTemporaryFolder } from '../temporary-files.ts';
import { formatBytes } from '../terminal/style.ts';
import { type AdviceOptions, findAdvice, showUpdateCost, type UpdateCost } from './bundle-diff.ts';
import { type CodeCheckOptions, collectFiles, zipWithProgress } from './bundle-zip.ts';

export interface ContentOptions extends CodeCheckOptions, AdviceOptions {
  path?: string;
  /** Undefined: when the installed updater supports it. */
  delta?: boolean;
  deltaOnly?: boolean;
  /** False with `--disable-brotli`. */
  disableBrotli?: boolean;
  /** Encrypts equal files equally. */
  stableSession?: boolean;
}

export interface SentContent {
  fields: Partial<CreateBundle>;
  /** Names in the web folder that no build makes. */
  leftOut: string[];
  sent: Sent;
  /** What the update costs a device, when the previous bundle is known. */
  cost?: UpdateCost;
}

export async function sendContent(
  context: Context,
  remote: Remote,
  appId: string,
  options: ContentOptions,
  privateKey: KeyObject | undefined,
): Promise<SentContent> {
  const { files, leftOut } = await collectFiles(context, options);
  const delta = await choosesDelta(context, files, options);
  return inTemporaryFolder(async (folder) => {
    const zip = join(folder, 'bundle.zip');
    // Made for delta-only bundles too: devices want its checksum even if they never download it.
    const clear = await zipWithProgress(context, files, zip);
    const session = privateKey && options.stableSession ? deriveSession(privateKey, appId) : undefined;
    const sealed = privateKey && { ...sealBundle(clear.sha256, privateKey, session), privateKey };
    const objects = delta ? await prepareObjects(context, files, folder, sealed, options) : [];
    const whole = options.deltaOnly ? undefined : await prepareZip(zip, clear, folder, sealed);
    const kind = sealed ? 'encrypted' : 'file';
    const single = objects.map(
      ({ entry, path }): StoredFile => ({ path, kind, digest: { sha256: entry.sha256, bytes: entry.size } }),
    );
    const [sent, advice] = await Promise.all([
      send(context, remote, appId, whole ? [...single, whole] : single),
      findAdvice(context, options, appId, zip),
    ]);
    const cost = showUpdateCost(context, advice, delta);
    await rememberBundle(context, appId, zip);
    return { fields: contentFields(clear, sealed, whole, objects), leftOut, sent, ...(cost ? { cost } : {}) };
  });
}

function contentFields(
  clear: Digest,
  sealed: SealedBundle | undefined,
  whole: StoredFile | undefined,
  objects: DeltaObject[],
): Partial<CreateBundle> {
  return {
    ...(whole ? { upload: whole.digest.sha256 } : {}),
    ...(objects.length > 0 ? { manifest: objects.map(({ entry }) => entry) } : {}),
    crc32: clear.crc32,
    ...(sealed
      ? {
          checksum: sealed.checksum.v3,
          checksum_v2: sealed.checksum.v2,
          session_key: sealed.sessionKey,
          key_id: sealed.keyId,
        }
      : { checksum: clear.sha256 }),
  };
}

async function prepareZip(zip: string, clear: Digest, folder: string, sealed?: SealedBundle): Promise<StoredFile> {
  if (!sealed) return { path: zip, digest: clear, kind: 'zip' };
  const path = join(folder, 'bundle.encrypted');
  return { path, digest: await encryptFile(zip, path, sealed.session), kind: 'encrypted' };
}

async function prepareObjects(
  context: Context,
  files: WebFile[],
  folder: string,
  seal: (SealedBundle & { privateKey: KeyObject }) | undefined,
  options: ContentOptions,
): Promise<DeltaObject[]> {
  const cache = await openCacheFolder(context, 'brotli');
  const progress = context.ui.progress(
    'Compressing',
    files.reduce((sum, file) => sum + file.bytes, 0),
  );
  try {
    const updater = await findInstalledUpdater(context.cwd);
    const brotli = !options.disableBrotli && (!updater || keepsNamesOfReusedFiles(updater));
    return await prepareDelta(files, { folder, cache, brotli, onProgress: progress.at, ...(seal ? { seal } : {}) });
  } finally {
    progress.end();
    await pruneCacheFolder(cache);
  }
}

async function choosesDelta(context: Context, files: WebFile[], options: ContentOptions): Promise<boolean> {
  if (options.delta === false) {
    if (options.deltaOnly) throw new CliError('conflicting_flags', '--no-delta and --delta-only exclude each other.');
    return false;
  }
  const updater = await findInstalledUpdater(context.cwd);
  const obstacle = deltaObstacle(files) ?? (updater && updaterObstacle(files, updater));
  // Asked for by name: what stands in the way is then an error.
  if (options.delta || options.deltaOnly) {
    if (obstacle) throw deltaImpossible(obstacle);
    return true;
  }
  if (!updater || !supportsDelta(updater)) return false;
  if (obstacle) context.ui.warn(`Uploading the zip only: ${obstacle}.`);
  return obstacle === undefined;
}

async function send(context: Context, remote: Remote, app_id: string, files: StoredFile[]): Promise<Sent> {
  const cache = await openCacheFolder(context, 'uploads');
  let progress = context.ui.progress('Uploading', 0);
  try {
    const sent = await uploadFiles(remote, {
      app_id,
      files,
      cache,
      onStart(totalBytes) {
        progress = context.ui.progress('Uploading', totalBytes);
      },
      onProgress: (bytes) => progress.at(bytes),
    });
    const allBytes = files.reduce((sum, file) => sum + file.digest.bytes, 0);
    if (sent.bytes < allBytes) {
      context.ui.say(
        `  ${files.length - sent.files} of ${files.length} files are on the server already; ${formatBytes(allBytes - sent.bytes)} saved`,
      );
    }
    return sent;
  } finally {
    progress.end();
    await pruneCacheFolder(cache);
  }
}
