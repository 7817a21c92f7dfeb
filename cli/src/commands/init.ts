// `overair init`: from a Capacitor project to its first bundle on the server.

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { addNotifyAppReady, ensureApp, ensureChannel, pointToServer, signIn } from '../init/steps.ts';
import { findInstalledUpdater } from '../project/app-package.ts';
import { type CapacitorConfig, getCapacitorConfig } from '../project/capacitor-config.ts';
import { findPrivateKey } from '../project/key-files.ts';
import { connect } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { uploadBundle } from './bundle-upload.ts';
import { createKey } from './key.ts';

export interface InitOptions extends GlobalOptions {
  org?: string;
  browser?: boolean;
  channel: string;
  mainFile?: string;
  /** Undefined asks. */
  sign?: boolean;
  upload?: boolean;
}

const INSTALL_UPDATER = 'npm install @capgo/capacitor-updater@^8.51.0';

export async function initProject(context: Context, options: InitOptions) {
  const { ui } = context;
  const config = await getCapacitorConfig(context.cwd);
  const app_id = config.appId;
  if (!app_id) throw new CliError('missing_app_id', 'The Capacitor config names no appId.');
  const { connection } = await signIn(context, options);
  const remote = await connect(connection);
  const added = await ensureApp(remote, app_id, config.appName ?? app_id, options.org);
  ui.success(`${style.id(app_id)} ${added ? 'is registered' : 'is known'} at ${style.path(connection.server)}`);
  const newChannel = await ensureChannel(remote, app_id, options.channel);
  ui.success(`Channel ${style.id(options.channel)} ${newChannel ? 'is made' : 'is there'}`);
  const signed = await offerKey(context, options);
  const edited = await pointToServer(context, config, connection.server);
  if (edited) ui.success('The app asks your server for updates.');
  const mainFile = await addNotifyAppReady(context, options.mainFile);
  if (mainFile) ui.success('The app says when it has started.');
  const bundle = await offerUpload(context, options, config);
  const next = await nextSteps(context, bundle !== undefined);
  ui.say(`\n${style.heading('To see it on a phone')}`);
  for (const [index, step] of next.entries()) ui.say(`  ${index + 1}. ${step}`);
  return {
    app_id,
    server: connection.server,
    channel: options.channel,
    signed,
    config_edited: edited,
    bundle: bundle ?? null,
    next,
  };
}

async function offerKey(context: Context, options: InitOptions): Promise<boolean> {
  if (await findPrivateKey(context, {})) return true;
  const { ui } = context;
  const wanted =
    options.sign ??
    (ui.interactive
      ? await ui.confirm({
          message: 'Make a signing key? Phones then accept only bundles that were made with it.',
          flag: '--sign or --no-sign',
          initial: true,
        })
      : false);
  if (wanted) await createKey(context, {});
  return wanted;
}

/** The version of the bundle that was uploaded. */
async function offerUpload(
  context: Context,
  options: InitOptions,
  config: CapacitorConfig,
): Promise<string | undefined> {
  const { ui } = context;
  const built =
    config.webDir && (await stat(join(resolve(context.cwd, config.webDir), 'index.html')).catch(() => undefined));
  if (!built) {
    if (options.upload)
      throw new CliError('web_folder_not_found', 'The app is not built yet, so there is nothing to upload.');
    return undefined;
  }
  const wanted =
    options.upload ??
    (ui.interactive
      ? await ui.confirm({
          message: 'Upload the built app as its first bundle?',
          flag: '--upload or --no-upload',
          initial: true,
        })
      : false);
  if (!wanted) return undefined;
  // Its call may be new in the sources, and the build older than that.
  const uploaded = await uploadBundle(context, {
    ...options,
    codeCheck: true,
    ignoreNotifyAppReady: true,
    bump: 'patch',
    channel: options.channel,
  });
  return uploaded.bundle;
}

async function nextSteps(context: Context, uploaded: boolean): Promise<string[]> {
  const updater = await findInstalledUpdater(context.cwd);
  return [
    ...(updater ? [] : [style.command(INSTALL_UPDATER)]),
    `Build the web app, then ${style.command('npx cap sync')} and run it: ${style.command('npx cap run ios')} or ${style.command('npx cap run android')}`,
    `Change something, build, ${style.command('npx overair bundle upload --bump')}`,
    uploaded
      ? 'Send the app to the background and open it twice: it runs the new bundle.'
      : 'Open the app twice: it runs the new bundle.',
    `${style.command('npx overair doctor')} if it does not`,
  ];
}
