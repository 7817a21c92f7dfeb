// Finds an app's capacitor.config and tells its values as `npx cap` would see them.

import { readFile } from 'node:fs/promises';
import { basename, extname, isAbsolute, join, resolve } from 'node:path';
import { CliError, describeError } from '../cli-error.ts';
import { type ConfigKind, parseConfig } from './config-syntax.ts';
import { proveConfig } from './config-values.ts';
import { type ConfigRun, configEnvironment, runConfig } from './run-config.ts';

export interface CapacitorConfig {
  path: string;
  kind: ConfigKind;
  source: string;
  appId?: string;
  appName?: string;
  webDir: string;
  /** `plugins.CapacitorUpdater`. */
  updater: Record<string, unknown>;
  /** All that the file gives, as Capacitor copies it into the native projects. */
  values: Record<string, unknown>;
  /** Why `npx cap` cannot read the file here, though we can. */
  capacitorFails?: string;
}

// Capacitor's own order.
const FILE_NAMES = ['capacitor.config.ts', 'capacitor.config.js', 'capacitor.config.json'];
/** Capacitor's own default. */
const DEFAULT_WEB_DIR = 'www';

/** Undefined when the folder has no config; throws when it has one that cannot be read. */
export async function findCapacitorConfig(cwd: string, named?: string): Promise<CapacitorConfig | undefined> {
  for (const name of named ? [named] : FILE_NAMES) {
    const path = isAbsolute(name) ? name : resolve(cwd, name);
    const source = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new CliError('invalid_config', `Cannot read ${path}: ${describeError(error)}`, { cause: error });
    });
    if (source !== undefined) return describeConfig(path, source, await readConfig(cwd, path, source));
  }
  if (named) throw new CliError('config_not_found', `There is no ${join(cwd, named)}.`);
  return undefined;
}

export async function getCapacitorConfig(cwd: string, named?: string): Promise<CapacitorConfig> {
  const config = await findCapacitorConfig(cwd, named);
  if (config) return config;
  throw new CliError('config_not_found', 'No capacitor.config.ts, .js or .json in this folder.', {
    hint: 'Run this in the folder of your Capacitor app.',
  });
}

function configKind(path: string): ConfigKind {
  const extension = extname(path);
  return extension === '.json' ? 'json' : /^\.[cm]?ts$/.test(extension) ? 'ts' : 'js';
}

/** What the file gives when it is run whatever its syntax proves: the proof of an edit. */
export async function runCapacitorConfig(cwd: string, path: string, source: string): Promise<Record<string, unknown>> {
  return configKind(path) === 'json' ? parseJson(path, source) : (await runConfig(cwd, path, source)).values;
}

/** Seen without running the file where its syntax alone proves the values, run as Capacitor runs it where not. */
async function readConfig(cwd: string, path: string, source: string): Promise<ConfigRun> {
  const kind = configKind(path);
  if (kind === 'json') return { values: parseJson(path, source) };
  // Which module system a .js file is of, and so what Capacitor sees of it, its syntax does not tell.
  const proved = kind === 'ts' ? prove(source) : undefined;
  return proved ? { values: proved } : runConfig(cwd, path, source);
}

function prove(source: string): Record<string, unknown> | undefined {
  try {
    return proveConfig(parseConfig(source, 'ts'), configEnvironment(process.env));
  } catch (error) {
    // The syntax proves nothing here: the file is run, and the run reports what is wrong with it.
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

function parseJson(path: string, source: string): Record<string, unknown> {
  try {
    const values: unknown = JSON.parse(source.replace(/^\uFEFF/, ''));
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) return { ...values };
  } catch (cause) {
    // Capacitor takes such a file for an empty one, without a word.
    throw new CliError('invalid_config', `${basename(path)} is not valid JSON: ${describeError(cause)}`, { cause });
  }
  throw new CliError('invalid_config', `${basename(path)} is not a JSON object.`);
}

function describeConfig(path: string, source: string, { values, capacitorFails }: ConfigRun): CapacitorConfig {
  const updater = asObject(asObject(values.plugins).CapacitorUpdater);
  const appId = updater.appId ?? values.appId;
  return {
    path,
    kind: configKind(path),
    source,
    updater,
    values,
    webDir: typeof values.webDir === 'string' ? values.webDir : DEFAULT_WEB_DIR,
    ...(typeof appId === 'string' && appId ? { appId } : {}),
    ...(typeof values.appName === 'string' ? { appName: values.appName } : {}),
    ...(capacitorFails ? { capacitorFails } : {}),
  };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
