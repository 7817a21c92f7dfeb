// `overair bundle zip`: the web folder as one reproducible zip.

import { resolve } from 'node:path';
import { findCaseCollision } from '../bundle/file-names.ts';
import { requireStartableApp } from '../bundle/startable-app.ts';
import { readWebFolder, type WebFile, type WebFolder } from '../bundle/web-folder.ts';
import { writeZip } from '../bundle/zip.ts';
import type { Context } from '../context.ts';
import type { Digest } from '../crypto/digest.ts';
import { getAppId, getBundleVersion, getWebFolder } from '../project/app.ts';
import { formatBytes, formatDuration, style } from '../terminal/style.ts';
import { type AdviceOptions, findAdvice, showUpdateCost } from './bundle-diff.ts';

export interface CodeCheckOptions {
  /** False with `--no-code-check`. */
  codeCheck: boolean;
  ignoreNotifyAppReady?: boolean;
}

export interface ZipOptions extends CodeCheckOptions, AdviceOptions {
  path?: string;
  bundle?: string;
  name?: string;
}

export async function zipBundle(context: Context, options: ZipOptions, appIdGiven?: string) {
  const appId = await getAppId(context, appIdGiven);
  const bundle = await getBundleVersion(context, options.bundle);
  const { files, leftOut } = await collectFiles(context, options);
  const filename = options.name ?? `${appId}_${bundle}.zip`;
  const startedAt = performance.now();
  const digest = await zipWithProgress(context, files, resolve(context.cwd, filename));
  const took = formatDuration(performance.now() - startedAt);
  context.ui.success(
    `${style.path(filename)}  ${files.length} files, ${formatBytes(totalBytes(files))} → ${formatBytes(digest.bytes)} in ${took}`,
  );
  context.ui.say(`  sha256 ${style.id(digest.sha256)}`);
  const cost = showUpdateCost(context, await findAdvice(context, options, appId, resolve(context.cwd, filename)), true);
  return {
    bundle,
    filename,
    checksum: digest.sha256,
    crc32: digest.crc32,
    bytes: digest.bytes,
    files: files.length,
    left_out: leftOut,
    ...(cost ? { update_cost: cost } : {}),
  };
}

/** The files of the bundle, checked unless the person said otherwise; says what it leaves out. */
export async function collectFiles(
  context: Context,
  options: CodeCheckOptions & { path?: string },
): Promise<WebFolder> {
  const folder = await readWebFolder(await getWebFolder(context, options.path));
  if (options.codeCheck) {
    await requireStartableApp(folder.files, {
      ignoreNotifyAppReady: options.ignoreNotifyAppReady ?? false,
      warn: (message) => context.ui.warn(message),
    });
  }
  if (folder.leftOut.length > 0) context.ui.say(`  Left out: ${shorten(folder.leftOut)}`);
  const alike = findCaseCollision(folder.files.map(({ name }) => name));
  if (alike) {
    context.ui.warn(
      `${alike.join(' and ')} differ only in case: phones keep both, simulators and Electron on Mac and Windows only one.`,
    );
  }
  return folder;
}

const SHOWN_NAMES = 5;

function shorten(names: string[]): string {
  const more = names.length - SHOWN_NAMES;
  return names.slice(0, SHOWN_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

export async function zipWithProgress(context: Context, files: WebFile[], target: string): Promise<Digest> {
  const progress = context.ui.progress('Zipping', totalBytes(files));
  try {
    return await writeZip(files, target, { onProgress: progress.at });
  } finally {
    progress.end();
  }
}

const totalBytes = (files: WebFile[]) => files.reduce((sum, file) => sum + file.bytes, 0);
