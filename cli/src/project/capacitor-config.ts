// Finds an app's capacitor.config and tells its values, running the file only when looking at it is not enough.

import { readFile } from 'node:fs/promises';
import { extname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError, describeError } from '../cli-error.ts';
import { type ConfigKind, parseConfig } from './config-syntax.ts';
import { evaluateConfig } from './config-values.ts';

export interface CapacitorConfig {
  path: string;
  kind: ConfigKind;
  source: string;
  appId?: string;
  appName?: string;
  webDir?: string;
  /** `plugins.CapacitorUpdater`. */
  updater: Record<string, unknown>;
}

// Capacitor's own order.
const FILE_NAMES = ['capacitor.config.ts', 'capacitor.config.js', 'capacitor.config.json'];

/** Undefined when the folder has no config; throws when it has one that cannot be read. */
export async function findCapacitorConfig(cwd: string, named?: string): Promise<CapacitorConfig | undefined> {
  for (const name of named ? [named] : FILE_NAMES) {
    const path = isAbsolute(name) ? name : resolve(cwd, name);
    const source = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new CliError('invalid_config', `Cannot read ${path}: ${describeError(error)}`, { cause: error });
    });
    if (source !== undefined) return describeConfig(path, source, await readValues(path, source));
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

export function configKind(path: string): ConfigKind {
  const extension = extname(path);
  return extension === '.json' ? 'json' : /^\.[cm]?ts$/.test(extension) ? 'ts' : 'js';
}

async function readValues(path: string, source: string): Promise<Record<string, unknown>> {
  const seen = evaluateConfig(parseConfig(source, configKind(path)), process.env);
  if (seen.complete || (seen.values.appId && seen.values.webDir && seen.values.plugins)) return seen.values;
  return { ...seen.values, ...(await runConfig(path)) };
}

async function runConfig(path: string): Promise<Record<string, unknown>> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
    return typeof module.default === 'object' && module.default !== null ? { ...module.default } : {};
  } catch {
    // What could be seen without running it may be all that the command needs.
    return {};
  }
}

function describeConfig(path: string, source: string, values: Record<string, unknown>): CapacitorConfig {
  const plugins = asObject(values.plugins);
  const updater = asObject(plugins.CapacitorUpdater);
  const appId = updater.appId ?? values.appId;
  return {
    path,
    kind: configKind(path),
    source,
    updater,
    ...(typeof appId === 'string' ? { appId } : {}),
    ...(typeof values.appName === 'string' ? { appName: values.appName } : {}),
    ...(typeof values.webDir === 'string' ? { webDir: values.webDir } : {}),
  };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
