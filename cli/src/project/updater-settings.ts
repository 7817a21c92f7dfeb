// Sets values of `plugins.CapacitorUpdater` in an app's config: tried on a copy first, and kept only when a second read
// of the file sees them and nothing else different.

import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CliError } from '../cli-error.ts';
import { inTemporaryFile } from '../temporary-files.ts';
import { type CapacitorConfig, getCapacitorConfig, runCapacitorConfig } from './capacitor-config.ts';
import { type ConfigValue, setConfigValue } from './config-edit.ts';
import type { ConfigKind } from './config-syntax.ts';
import { applyFileChange, type FileChange } from './file-change.ts';

export type UpdaterSettings = Record<string, ConfigValue>;

export interface ConfigChange extends FileChange {
  settings: UpdaterSettings;
  /** All that the file shall give after the change. */
  expected: Record<string, unknown>;
}

/** Undefined when the config gives these values already. Throws `config_not_editable` with every line to paste. */
export async function planUpdaterSettings(
  cwd: string,
  configPath: string,
  settings: UpdaterSettings,
): Promise<ConfigChange | undefined> {
  const config = await getCapacitorConfig(cwd, configPath);
  const missing = Object.entries(settings).filter(([key, value]) => config.updater[key] !== value);
  if (missing.length === 0) return undefined;
  const wanted = Object.fromEntries(missing);
  const after = edit(config, wanted);
  const expected = withSettings(config.values, wanted);
  const change = { path: config.path, before: config.source, after, settings: wanted, expected };
  if (await copyGives(cwd, change)) return change;
  throw notEditable(config, wanted);
}

/** Puts the file back when it does not give what was planned. */
export async function applyUpdaterSettings(cwd: string, change: ConfigChange): Promise<void> {
  await applyFileChange(change);
  const { path, before, after, expected, settings } = change;
  if (await gives(cwd, path, expected)) return;
  await applyFileChange({ path, before: after, after: before });
  throw notEditable(await getCapacitorConfig(cwd, path), settings);
}

/** True when the file was changed; false when it gave these values already. */
export async function writeUpdaterSettings(
  cwd: string,
  configPath: string,
  settings: UpdaterSettings,
): Promise<boolean> {
  const change = await planUpdaterSettings(cwd, configPath, settings);
  if (change) await applyUpdaterSettings(cwd, change);
  return change !== undefined;
}

function edit(config: CapacitorConfig, settings: UpdaterSettings): string {
  try {
    return Object.entries(settings).reduce(
      (text, [key, value]) => setConfigValue(text, config.kind, ['plugins', 'CapacitorUpdater', key], value),
      config.source,
    );
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw notEditable(config, settings);
  }
}

// Beside the file, so that what it imports is found; under an ending that the same loader reads.
async function copyGives(cwd: string, { path, after, expected }: ConfigChange): Promise<boolean> {
  const extension = extname(path);
  const copy = join(dirname(path), `${basename(path, extension)}.overair-${process.pid}${extension}`);
  return inTemporaryFile(
    copy,
    (file) => writeFile(file, after),
    () => gives(cwd, copy, expected),
  );
}

async function gives(cwd: string, path: string, expected: Record<string, unknown>): Promise<boolean> {
  try {
    return isDeepStrictEqual(await runCapacitorConfig(cwd, path, await readFile(path, 'utf8')), expected);
  } catch (error) {
    if (error instanceof CliError) return false;
    throw error;
  }
}

function withSettings(values: Record<string, unknown>, settings: UpdaterSettings): Record<string, unknown> {
  const plugins = { ...(values.plugins as Record<string, object> | undefined) };
  const updater = { ...plugins.CapacitorUpdater, ...settings };
  return { ...values, plugins: { ...plugins, CapacitorUpdater: updater } };
}

function notEditable(config: CapacitorConfig, settings: UpdaterSettings): CliError {
  const lines = linesToPaste(config.kind, settings);
  const name = basename(config.path);
  return new CliError('config_not_editable', `${name} computes this part, so it is not edited.`, {
    hint: `Add to it by hand:\n${lines}`,
    detail: { file: config.path, settings, lines },
  });
}

/** The whole block, ready to paste into the config's object. */
export function linesToPaste(kind: ConfigKind, settings: UpdaterSettings): string {
  const key = (name: string) => (kind === 'json' ? JSON.stringify(name) : name);
  const values = Object.entries(settings).map(([name, value]) => `    ${key(name)}: ${JSON.stringify(value)}`);
  const comma = kind === 'json' ? '' : ',';
  return `${key('plugins')}: {\n  ${key('CapacitorUpdater')}: {\n${values.join(',\n')}${comma}\n  }${comma}\n}${comma}`;
}
