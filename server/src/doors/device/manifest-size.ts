// POST /updates/manifest_size: how many bytes a delta update costs the device (docs/protocol/device.md §3.7).

import { AppError } from '../../errors.ts';
import { findEntrySizes } from '../../releases/manifest-sizes.ts';
import type { Parts } from '../../wiring.ts';
import { appUnknown } from './answer.ts';
import { type RawFields, storable, textOrUndefined } from './fields.ts';
import { parseBody, readQuestion, updateRules } from './question.ts';
import type { Call } from './route.ts';
import { isStoreMachine, originOf } from './store-machines.ts';

/** Ten times what a large app has. Cut short, the answer would be a wrong total. */
const MAX_ENTRIES = 10_000;
const MAX_HASH_LENGTH = 1024;

interface Entry {
  file_name: string;
  file_hash: string;
  download_url: string;
}

type ManifestSizeParts = Pick<Parts, 'snapshots' | 'database' | 'providers' | 'served'>;

export function manifestSizeAnswerer({ snapshots, database, providers, served }: ManifestSizeParts) {
  return async ({ body: text, ip }: Call): Promise<object> => {
    const body = parseBody(text);
    const { app_id, provider } = readQuestion(body, updateRules, originOf(ip, providers));
    const state = await snapshots.get(app_id);
    if (state === undefined) return appUnknown;
    if (isStoreMachine(state, provider)) served.holdBack(app_id, 'store_network', Date.now());
    const fields = body as RawFields;
    const entries = readEntries(fields['manifest'] ?? fields['files']);
    const version = textOrUndefined(fields['version']) ?? '';
    const sizes = await findEntrySizes(database.db, app_id, version, [
      ...new Set(entries.map((each) => each.file_hash)),
    ]);
    const files = entries.map((entry) => {
      const size = sizes.get(entry.file_hash);
      return size === undefined ? { ...entry, error: 'size_unknown' } : { ...entry, size };
    });
    const known = files.filter((each) => 'size' in each);
    return {
      totalSize: known.reduce((sum, each) => sum + (each as { size: number }).size, 0),
      knownFiles: known.length,
      unknownFiles: files.length - known.length,
      files,
    };
  };
}

/** Entries without a hash are dropped, repetitions collapsed. */
function readEntries(value: unknown): Entry[] {
  if (!Array.isArray(value)) return [];
  if (value.length > MAX_ENTRIES) throw new AppError('too_many_files', 413, `A list has at most ${MAX_ENTRIES} files`);
  const entries = new Map<string, Entry>();
  for (const each of value) {
    const { file_name, file_hash, download_url } = (each ?? {}) as Record<string, unknown>;
    if (typeof file_hash !== 'string' || file_hash === '') continue;
    const entry = {
      file_name: textOf(file_name),
      file_hash: storable(file_hash, MAX_HASH_LENGTH),
      download_url: textOf(download_url),
    };
    entries.set(JSON.stringify(Object.values(entry)), entry);
  }
  return [...entries.values()];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
