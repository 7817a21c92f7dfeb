// `overair.config.json`: what every command of a project needs, for apps that have no Capacitor config to read it from.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, describeError } from '../cli-error.ts';

interface ProjectSettings {
  server?: string;
  appId?: string;
  /** Folder of the built web app. */
  webDir?: string;
  /** Comma list of channels that uploads go to. */
  channel?: string;
}

const FILE_NAME = 'overair.config.json';
const KEYS = ['server', 'appId', 'webDir', 'channel'] as const satisfies (keyof ProjectSettings)[];

/** Empty when there is no such file. */
export async function readProjectSettings(cwd: string): Promise<ProjectSettings> {
  const text = await readFile(join(cwd, FILE_NAME), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new CliError('invalid_settings', `Cannot read ${FILE_NAME}: ${describeError(error)}`, { cause: error });
  });
  if (text === undefined) return {};
  const settings = parse(text);
  for (const [key, value] of Object.entries(settings)) {
    const known = (KEYS as readonly string[]).includes(key);
    // A slip of the pen must not be taken for "not set".
    if (!known) throw invalid(`${FILE_NAME} has an unknown key "${key}".`);
    if (typeof value !== 'string' || !value) throw invalid(`"${key}" in ${FILE_NAME} must be a text.`);
  }
  return settings as ProjectSettings;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below, without the parser's offsets.
  }
  throw invalid(`${FILE_NAME} is not a JSON object.`);
}

const invalid = (message: string) =>
  new CliError('invalid_settings', message, { hint: `It may hold: ${KEYS.join(', ')}.` });
