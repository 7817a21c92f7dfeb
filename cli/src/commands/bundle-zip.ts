// `overair bundle zip`: the web folder as one reproducible zip.

import { resolve } from 'node:path';
import { listWebFiles, requireStartableApp, type WebFile } from '../bundle/web-folder.ts';
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
  const files = await collectFiles(context, options);
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
    ...(cost ? { update_cost: cost } : {}),
  };
}

/** The files of the bundle, checked unless the person said otherwise. */
export async function collectFiles(
  context: Context,
  options: CodeCheckOptions & { path?: string },
): Promise<WebFile[]> {
  const files = await listWebFiles(await getWebFolder(context, options.path));
  if (options.codeCheck) {
    await requireStartableApp(files, { ignoreNotifyAppReady: options.ignoreNotifyAppReady ?? false });
  }
  return files;
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
