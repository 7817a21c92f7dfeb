// The last step of `overair init`: a bundle on the channel, from what is built.

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Channel } from '@overair/protocol/manage/channel';
import { findReadyCall } from '../bundle/startable-app.ts';
import { listWebFiles } from '../bundle/web-folder.ts';
import { CliError } from '../cli-error.ts';
import { uploadBundle } from '../commands/bundle-upload.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { style } from '../terminal/style.ts';
import { changed, type Outcome, skipped, todo, unchanged } from './step.ts';

interface UploadWish extends GlobalOptions {
  /** Undefined asks, and only where the channel has no bundle yet. */
  upload?: boolean;
}

export async function ensureBundle(
  context: Context,
  options: UploadWish,
  webDir: string,
  channel: Pick<Channel, 'name' | 'version'>,
): Promise<Outcome & { bundle?: string }> {
  if (channel.version && !options.upload) {
    return unchanged(`Channel ${style.id(channel.name)} serves ${style.version(channel.version.name)}`);
  }
  const folder = resolve(context.cwd, webDir);
  if (!(await stat(join(folder, 'index.html')).catch(() => undefined))) {
    if (options.upload) {
      throw new CliError('web_folder_not_found', 'The app is not built yet, so there is nothing to upload.');
    }
    return skipped(`${webDir} holds no built app yet.`);
  }
  const wanted = options.upload ?? (context.ui.interactive && (await asksForUpload(context)));
  if (!wanted) return skipped('Nothing was uploaded.');
  const start = await findReadyCall(await listWebFiles(folder));
  if (!start.calls && !start.hidden) {
    // Each phone would run it once and roll it back.
    const message = `What is built in ${webDir} does not call notifyAppReady() yet, so it was not uploaded. Build the app, then:`;
    return todo(message, 'overair bundle upload --bump');
  }
  const uploaded = await uploadBundle(context, {
    ...options,
    codeCheck: true,
    bump: 'patch',
    channel: channel.name,
  });
  return { ...changed(`Bundle ${style.version(uploaded.bundle)} is what phones get`), bundle: uploaded.bundle };
}

const asksForUpload = ({ ui }: Context) =>
  ui.confirm({ message: 'Upload the built app as its first bundle?', flag: '--upload or --no-upload', initial: true });
