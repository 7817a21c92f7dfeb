// The steps of `overair init` in the project: the signing key, the Capacitor config, the updater plugin, the start call.

import { basename, relative } from 'node:path';
import { CliError, describeError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { createKeyPair, keyIdOf, publicPemOf } from '../crypto/key-pair.ts';
import { findInstalledUpdater } from '../project/app-package.ts';
import { type CapacitorConfig, getCapacitorConfig } from '../project/capacitor-config.ts';
import { applyFileChange } from '../project/file-change.ts';
import { planHiddenFromGit } from '../project/git-ignore.ts';
import {
  findPrivateKey,
  PRIVATE_KEY_FILE,
  PUBLIC_KEY_FILE,
  requireNoKeyPair,
  saveKeyPair,
} from '../project/key-files.ts';
import { configuredKeyId } from '../project/public-key.ts';
import {
  applyUpdaterSettings,
  type ConfigChange,
  linesToPaste,
  planUpdaterSettings,
  type UpdaterSettings,
} from '../project/updater-settings.ts';
import { style } from '../terminal/style.ts';
import { CALL, findMainFile, IMPORT } from './notify-app-ready.ts';
import { agreeTo, changed, type Outcome, skipped, todo, unchanged } from './step.ts';

const INSTALL_UPDATER = 'npm install @capgo/capacitor-updater@^8.51.0';

interface KeyOutcome extends Outcome {
  /** What the app's config has to hold; undefined without a key, or when that is not for us to change. */
  publicPem?: string;
  signed: boolean;
}

export async function ensureKey(
  context: Context,
  config: CapacitorConfig,
  wanted: boolean | undefined,
): Promise<KeyOutcome> {
  const inConfig = configuredKeyId(config);
  try {
    const privateKey = await findPrivateKey(context, {});
    if (privateKey) return compareKey(publicPemOf(privateKey), inConfig);
    if (inConfig) {
      const message = `The config holds public key ${style.id(inConfig)}, but its private key is not here.`;
      return { ...todo(message, `Bring ${PRIVATE_KEY_FILE}, or set OVERAIR_PRIVATE_KEY.`), signed: false };
    }
    await requireNoKeyPair(context.cwd);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { ...todo(describeError(error), error.hint), signed: false };
  }
  if (!(wanted ?? (await wantsKey(context)))) {
    return { ...skipped('Bundles are not signed; overair key create changes that.'), signed: false };
  }
  return makeKey(context);
}

function compareKey(publicPem: string, inConfig: string | undefined): KeyOutcome {
  const keyId = keyIdOf(publicPem);
  if (inConfig && inConfig !== keyId) {
    const message = `The config holds key ${style.id(inConfig)}, but the private key here is ${style.id(keyId)}.`;
    return {
      ...todo(message, 'overair key save puts the one here into the app; phones need a store release then.'),
      signed: true,
    };
  }
  return { ...unchanged(`Bundles are signed with key ${style.id(keyId)}`), publicPem, signed: true };
}

const wantsKey = async ({ ui }: Context) =>
  ui.interactive &&
  ui.confirm({
    message: 'Make a signing key? Phones then accept only bundles that were made with it.',
    flag: '--sign or --no-sign',
    initial: true,
  });

async function makeKey(context: Context): Promise<KeyOutcome> {
  const { cwd } = context;
  const pair = await createKeyPair(undefined);
  const hidden = await planHiddenFromGit(cwd, [PRIVATE_KEY_FILE]);
  const message = `Make these files? ${PRIVATE_KEY_FILE} is secret, and without it no update can be made: back it up.`;
  if (!(await agreeTo(context, message, hidden ? [hidden] : [], [PRIVATE_KEY_FILE, PUBLIC_KEY_FILE]))) {
    return { ...skipped('No key was made, so bundles are not signed; overair key create makes one.'), signed: false };
  }
  // Before the key: no moment at which git could take it up.
  if (hidden) await applyFileChange(hidden);
  await saveKeyPair(cwd, pair, { overwrite: false });
  const outcome = changed(`Key ${style.id(keyIdOf(pair.publicPem))} is made`);
  return { ...outcome, publicPem: pair.publicPem, signed: true };
}

/** The app asks this server, and holds the public key. */
export async function ensureConfig(
  context: Context,
  config: CapacitorConfig,
  wanted: UpdaterSettings,
): Promise<Outcome> {
  const name = basename(config.path);
  let change: ConfigChange | undefined;
  try {
    change = await planUpdaterSettings(context.cwd, config.path, wanted);
    if (!change) return unchanged(`${name} points to this server`);
    if (await agreeTo(context, `Change ${name} like this?`, [change])) {
      await applyUpdaterSettings(context.cwd, change);
      return changed(`${name} points to this server`);
    }
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'config_not_editable') throw error;
    return todo(error.message, error.hint);
  }
  const { kind } = await getCapacitorConfig(context.cwd, config.path);
  return todo(`${name} is left as it is. Add to it by hand:`, linesToPaste(kind, change.settings));
}

export async function checkUpdater(context: Context): Promise<Outcome> {
  const installed = await findInstalledUpdater(context.cwd);
  return installed
    ? unchanged(`@capgo/capacitor-updater ${installed} is installed`)
    : todo('The updater plugin is not installed.', INSTALL_UPDATER);
}

export async function ensureStartCall(context: Context, webDir: string, mainFile?: string): Promise<Outcome> {
  const found = await findMainFile(context.cwd, webDir, mainFile);
  if (found.state === 'calls') return unchanged(`${relative(context.cwd, found.path)} says when the app has started`);
  const lines = `${IMPORT}\n${CALL}`;
  if (found.state === 'unknown') {
    return todo('Say when your app has started, or phones roll every update back:', lines);
  }
  const name = basename(found.path);
  if (!(await agreeTo(context, `Change ${name} like this?`, [found]))) {
    return todo(
      `${name} is left as it is. Say there when the app has started, or phones roll every update back:`,
      lines,
    );
  }
  await applyFileChange(found);
  return changed(`${name} says when the app has started`);
}
