// Checks that need no server: the Capacitor config, the installed updater plugin, the key files.

import { chmod, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { describeError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { keyIdOf, publicPemOf } from '../crypto/key-pair.ts';
import { explainFailure } from '../failure.ts';
import { findInstalledUpdater } from '../project/app-package.ts';
import { type CapacitorConfig, findCapacitorConfig } from '../project/capacitor-config.ts';
import { adviseAddresses } from '../project/device-address.ts';
import { findPrivateKey, PRIVATE_KEY_FILES } from '../project/key-files.ts';
import { configuredKeyId } from '../project/public-key.ts';
import { compareVersions, parseVersion } from '../project/version.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Older plugins can be served, but lack fixes that updates depend on. */
const ADVISED_UPDATER = '^8.51.0';
const OLDEST_CURRENT_UPDATER = parseVersion('8.51.0')!;
// An old build that was published under a high number by mistake; registries may call it "latest".
const MISPUBLISHED_UPDATER = '10.0.0';

export async function checkProject(
  context: Context,
): Promise<{ config: CapacitorConfig | undefined; findings: Finding[] }> {
  let config: CapacitorConfig | undefined;
  const findings: Finding[] = [];
  try {
    config = await findCapacitorConfig(context.cwd);
    findings.push(...(await checkConfig(context, config)));
  } catch (error) {
    const { hint } = explainFailure(error);
    findings.push(problem('config', describeError(error), hint ?? 'Mend the file; the message says where.'));
  }
  findings.push(await checkUpdater(context), ...(await checkKeys(context, config)));
  return { config, findings };
}

async function checkConfig(context: Context, config: CapacitorConfig | undefined): Promise<Finding[]> {
  if (!config)
    return [problem('config', 'No Capacitor config in this folder.', 'Run doctor in the folder of your app.')];
  const name = basename(config.path);
  const findings = [
    config.appId
      ? ok('app_id', `${name} names the app ${config.appId}`)
      : problem('app_id', `${name} names no appId.`, 'Set appId in the config.'),
  ];
  if (config.capacitorFails) {
    const message = `npx cap cannot read ${name} here: ${config.capacitorFails}.`;
    findings.push(problem('capacitor', message, 'Mend that, or npx cap sync fails.'));
  }
  if (config.kind === 'ts' && !config.capacitorFails && !findsTypeScript(context.cwd)) {
    const message = `${name} needs TypeScript in this project: npx cap refuses to read it without.`;
    findings.push(warning('typescript', message, 'npm install --save-dev typescript'));
  }
  for (const advice of adviseAddresses(config)) {
    findings.push(warning('device_address', advice, 'Change it in the config, then npx cap sync and a store release.'));
  }
  if (typeof config.updater.privateKey === 'string') {
    const message = `${name} still holds a privateKey of the first encryption: everybody who has the app can forge updates with it.`;
    findings.push(
      problem('old_private_key', message, 'Remove plugins.CapacitorUpdater.privateKey and run overair key create.'),
    );
  }
  const built = await stat(resolve(context.cwd, config.webDir, 'index.html')).catch(() => undefined);
  return [
    ...findings,
    built
      ? ok('web_folder', `${config.webDir} holds a built app`)
      : warning('web_folder', `${config.webDir} has no index.html.`, 'Build the app before you upload it.'),
  ];
}

function findsTypeScript(cwd: string): boolean {
  try {
    return Boolean(createRequire(join(cwd, 'package.json')).resolve('typescript'));
  } catch {
    return false;
  }
}

async function checkUpdater(context: Context): Promise<Finding> {
  const installed = await findInstalledUpdater(context.cwd);
  const install = `npm install @capgo/capacitor-updater@${ADVISED_UPDATER}`;
  if (!installed) return problem('updater', '@capgo/capacitor-updater is not installed.', install);
  if (installed === MISPUBLISHED_UPDATER) {
    const message = `@capgo/capacitor-updater ${installed} is an old build published under a wrong number; it opens no bundle of today.`;
    return problem('updater', message, install);
  }
  const version = parseVersion(installed);
  return version && compareVersions(version, OLDEST_CURRENT_UPDATER) >= 0
    ? ok('updater', `@capgo/capacitor-updater ${installed}`)
    : warning('updater', `@capgo/capacitor-updater ${installed} is behind.`, install);
}

async function checkKeys(context: Context, config: CapacitorConfig | undefined): Promise<Finding[]> {
  const findings = await checkKeyModes(context);
  let inConfig: string | undefined;
  try {
    inConfig = configuredKeyId(config);
  } catch (error) {
    const message = `The publicKey in the config is damaged: ${describeError(error)} The app would stop at start.`;
    return [...findings, problem('public_key', message, 'Run overair key save.')];
  }
  try {
    const privateKey = await findPrivateKey(context, {});
    const privateId = privateKey && keyIdOf(publicPemOf(privateKey));
    return [...findings, compareKeys(inConfig, privateId)];
  } catch (error) {
    return [
      ...findings,
      warning('private_key', describeError(error), 'Bundles cannot be encrypted here until that is mended.'),
    ];
  }
}

function compareKeys(inConfig: string | undefined, privateId: string | undefined): Finding {
  if (!inConfig && !privateId) {
    return warning(
      'key',
      'Bundles are not signed: whoever controls the server controls the app.',
      'Run overair key create.',
    );
  }
  if (!inConfig)
    return problem('key', 'There is a private key, but the config has no publicKey.', 'Run overair key save.');
  if (!privateId) {
    return warning(
      'key',
      `The app holds public key ${inConfig}, but its private key is not here.`,
      'Bring it, or set OVERAIR_PRIVATE_KEY.',
    );
  }
  return inConfig === privateId
    ? ok('key', `Private key and app agree: ${inConfig}`)
    : problem(
        'key',
        `The app holds key ${inConfig}, the private key is ${privateId}.`,
        'Run overair key save with the right one.',
      );
}

async function checkKeyModes(context: Context): Promise<Finding[]> {
  if (process.platform === 'win32') return [];
  const findings: Finding[] = [];
  for (const name of PRIVATE_KEY_FILES) {
    const path = join(context.cwd, name);
    const info = await stat(path).catch(() => undefined);
    if (!info || (info.mode & 0o077) === 0) continue;
    const message = `${name} can be read by others on this machine.`;
    findings.push(problem('key_mode', message, `chmod 600 ${name}`, () => chmod(path, 0o600)));
  }
  return findings;
}
