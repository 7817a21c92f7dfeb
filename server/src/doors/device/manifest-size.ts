// POST /updates/manifest_size: how many bytes a delta update costs the device (live-update protocol §3.7).

import type { FastifyReply, FastifyRequest } from 'fastify';
import { findEntrySizes } from '../../releases/manifest-sizes.ts';
import type { Parts } from '../../wiring.ts';
import { appNotFound } from './answer.ts';
import { type Fields, storable, textOrUndefined } from './fields.ts';
import { parseBody, readQuestion, updateRules } from './question.ts';

const maxEntries = 20_000;
const maxHashLength = 1024;

interface Entry {
  file_name: string;
  file_hash: string;
  download_url: string;
}

export function manifestSizeRoute({ snapshots, database }: Parts) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const body = parseBody(request.body);
    const { app_id } = readQuestion(body, updateRules, request.ip);
    if ((await snapshots.get(app_id)) === undefined) return reply.send(appNotFound);
    const fields = body as Fields;
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
    return reply.send({
      totalSize: known.reduce((sum, each) => sum + (each as { size: number }).size, 0),
      knownFiles: known.length,
      unknownFiles: files.length - known.length,
      files,
    });
  };
}

/** Entries without a hash are dropped, repetitions collapsed. */
function readEntries(value: unknown): Entry[] {
  if (!Array.isArray(value)) return [];
  const entries = new Map<string, Entry>();
  for (const each of value.slice(0, maxEntries)) {
    const { file_name, file_hash, download_url } = (each ?? {}) as Record<string, unknown>;
    if (typeof file_hash !== 'string' || file_hash === '') continue;
    const entry = {
      file_name: textOf(file_name),
      file_hash: storable(file_hash, maxHashLength),
      download_url: textOf(download_url),
    };
    entries.set(JSON.stringify(Object.values(entry)), entry);
  }
  return [...entries.values()];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
