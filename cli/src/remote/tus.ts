// Resumable uploads by TUS 1.0.0: a lost connection, or a second run after a Ctrl-C, goes on where the server stopped receiving.

import { createReadStream } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, foreignAnswer } from '@overair/protocol/client';
import { CliError } from '../cli-error.ts';
import { sha256Of } from '../crypto/digest.ts';
import type { Connection } from './connection.ts';
import { send } from './network.ts';
import type { StoredFile } from './stored-file.ts';

const CHUNK_BYTES = 16 << 20;
/** Below this no proxy has a limit that anybody would set on purpose. */
const MIN_CHUNK_BYTES = 64 << 10;
const RETRY_DELAYS_MS = [0, 500, 1000, 3000, 5000, 10_000];
const VERSION = { 'tus-resumable': '1.0.0' };

interface ResumableUpload {
  connection: Connection;
  app_id: string;
  file: StoredFile;
  /** Remembers where unfinished uploads live. */
  cache: string;
  onProgress: (sentBytes: number) => void;
}

/** Of each server: what stands in front of it may take less at once than it does itself. */
const chunkBytes = new Map<string, number>();

const chunkBytesOf = ({ server }: Connection) => chunkBytes.get(server) ?? CHUNK_BYTES;

/** After a body of so many bytes was refused. False when parts cannot become smaller. */
export function sendSmallerThan(connection: Connection, bytes: number): boolean {
  // Several files are on their way at once: what one of them learned is not learned again by the next.
  let size = chunkBytesOf(connection);
  while (size >= bytes && size > MIN_CHUNK_BYTES) size /= 2;
  chunkBytes.set(connection.server, size);
  return size < bytes;
}

/** A body that a proxy would not take in one piece; our own server's limit is for whole files and stays an error. */
export const isBodyLimit = (error: unknown): boolean => {
  const { status, moreInfo } = (error instanceof CliError ? error.detail : (error ?? {})) as {
    status?: number;
    moreInfo?: { foreign?: unknown };
  };
  return status === 413 && Boolean(moreInfo?.foreign);
};

/** Resolves when the server has checked and stored the whole file. */
export async function uploadResumably(upload: ResumableUpload): Promise<void> {
  const note = join(upload.cache, noteName(upload));
  let failures = 0;
  let location = await readFile(note, 'utf8').catch(() => undefined);
  let offset = location ? await findOffset(upload, location) : undefined;
  for (;;) {
    const size = chunkBytesOf(upload.connection);
    try {
      if (location === undefined || offset === undefined) {
        location = await create(upload);
        offset = 0;
        await writeFile(note, location).catch(() => {});
      }
      while (offset < upload.file.digest.bytes) {
        offset = await sendChunk(upload, location, offset, Math.min(size, upload.file.digest.bytes - offset));
        failures = 0;
        upload.onProgress(offset);
      }
      await rm(note, { force: true });
      return;
    } catch (error) {
      // Some proxies break the connection of a body that is too large before they say so.
      const mayBeLimit = isBodyLimit(error) || (error instanceof LostConnection && failures >= 2);
      if (mayBeLimit && sendSmallerThan(upload.connection, Math.min(size, upload.file.digest.bytes))) {
        if (isBodyLimit(error)) continue;
      }
      if (!isPassing(error) || failures >= RETRY_DELAYS_MS.length) {
        // What the server refused will be refused again; what broke may go on in the next run.
        if (!isPassing(error)) await rm(note, { force: true });
        throw error;
      }
      await delay(RETRY_DELAYS_MS[failures++]);
      if (location !== undefined) offset = await findOffset(upload, location).catch(() => offset);
    }
  }
}

async function create({ connection, app_id, file }: ResumableUpload): Promise<string> {
  const fields = { app_id, kind: file.kind, sha256: file.digest.sha256 };
  const metadata = Object.entries(fields).map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`);
  const url = `${connection.server}/files/uploads`;
  const response = await call(connection, url, {
    method: 'POST',
    headers: { 'upload-length': String(file.digest.bytes), 'upload-metadata': metadata.join(',') },
  });
  const location = response.headers.get('location');
  if (response.status !== 201 || !location) throw await refused(response);
  const target = new URL(location, url);
  // The key goes with every request: a Location elsewhere must not get it.
  if (target.origin !== new URL(connection.server).origin) {
    // Behind a proxy servers name themselves by their public address; the path is what counts.
    return new URL(target.pathname + target.search, connection.server).href;
  }
  return target.href;
}

async function sendChunk(
  { connection, file, onProgress }: ResumableUpload,
  location: string,
  offset: number,
  bytes: number,
): Promise<number> {
  const end = offset + bytes;
  const response = await call(connection, location, {
    method: 'PATCH',
    headers: {
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
      'content-length': String(end - offset),
    },
    body: readRange(file.path, offset, end, onProgress),
    duplex: 'half',
  } as unknown as RequestInit);
  if (response.status !== 204 && response.status !== 200) throw await refused(response);
  await response.body?.cancel();
  return Number(response.headers.get('upload-offset') ?? end);
}

async function* readRange(path: string, start: number, end: number, onProgress: (sentBytes: number) => void) {
  let sent = start;
  for await (const chunk of createReadStream(path, { start, end: end - 1, highWaterMark: 1 << 18 })) {
    yield chunk as Buffer;
    sent += (chunk as Buffer).length;
    onProgress(sent);
  }
}

/** Undefined when the server knows the upload no more. */
async function findOffset({ connection }: ResumableUpload, location: string): Promise<number | undefined> {
  const response = await call(connection, location, { method: 'HEAD' });
  const offset = Number(response.headers.get('upload-offset') ?? Number.NaN);
  return response.ok && Number.isSafeInteger(offset) ? offset : undefined;
}

async function call(connection: Connection, url: string, init: RequestInit): Promise<Response> {
  const headers = { ...VERSION, 'x-api-key': connection.apikey, ...init.headers };
  return send(url, { ...init, headers, redirect: 'manual' }).catch((cause) => {
    throw new LostConnection(`No answer from ${connection.server}`, { cause });
  });
}

class LostConnection extends Error {
  override readonly name = 'NetworkError';
}

class Refused extends CliError {}

async function refused(response: Response): Promise<Error> {
  const text = await response.text();
  const { status, error, message, moreInfo } = parseFields(text);
  if (status !== 'KO' || typeof error !== 'string') return foreignAnswer(response, text);
  return new Refused(error, typeof message === 'string' ? message : `The server answered ${response.status}`, {
    detail: { status: response.status, moreInfo: moreInfo ?? {} },
  });
}

function parseFields(text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof LostConnection) return true;
  // 409: the server has received more or less than we thought; asking for the offset settles it.
  if (error instanceof Refused) return [409, 423, 429, 502, 503, 504].includes(Number(error.detail.status));
  return error instanceof ApiError && (error.status === 429 || error.status >= 500);
}

const noteName = ({ connection, app_id, file }: ResumableUpload) =>
  sha256Of(Buffer.from([connection.server, app_id, file.kind, file.digest.sha256].join('\n')));
