// The resumable half of the stand-in server: TUS 1.0.0 with connections that break where a test wants it.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface TusUpload {
  length: number;
  received: Buffer;
  metadata: Record<string, string>;
}

interface TusState {
  uploads: Map<string, TusUpload>;
  blobs: Map<string, Buffer>;
}

/** `limit`: bytes of the body that are kept before the connection breaks. */
export async function answerTus(
  state: TusState,
  request: IncomingMessage,
  response: ServerResponse,
  limit: number | undefined,
): Promise<void> {
  const path = request.url ?? '';
  if (request.method === 'POST') {
    const location = `/files/uploads/${state.uploads.size + 1}`;
    const metadata = Object.fromEntries(
      String(request.headers['upload-metadata'])
        .split(',')
        .map((field) => field.split(' '))
        .map(([name, value]) => [name, Buffer.from(value ?? '', 'base64').toString()]),
    );
    state.uploads.set(location, {
      length: Number(request.headers['upload-length']),
      received: Buffer.alloc(0),
      metadata,
    });
    response.writeHead(201, { location }).end();
    return;
  }
  const upload = state.uploads.get(path);
  if (!upload) {
    response.writeHead(404).end();
    return;
  }
  if (request.method === 'PATCH' && !(await receive(upload, request, response, limit))) return;
  finish(state, upload);
  response.writeHead(request.method === 'HEAD' ? 200 : 204, { 'upload-offset': String(upload.received.length) }).end();
}

async function receive(
  upload: TusUpload,
  request: IncomingMessage,
  response: ServerResponse,
  limit: number | undefined,
): Promise<boolean> {
  if (Number(request.headers['upload-offset']) !== upload.received.length) {
    response
      .writeHead(409, { 'content-type': 'application/json' })
      .end('{"error":"wrong_offset","message":"Wrong offset","moreInfo":{},"status":"KO"}');
    return false;
  }
  const { socket } = request;
  const parts: Buffer[] = [upload.received];
  let kept = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    parts.push(limit === undefined ? chunk : chunk.subarray(0, limit - kept));
    kept += parts.at(-1)!.length;
    if (kept === limit) break;
  }
  upload.received = Buffer.concat(parts);
  if (kept === limit) socket.destroy();
  return kept !== limit;
}

function finish({ blobs }: TusState, { length, received, metadata }: TusUpload): void {
  if (received.length < length) return;
  const sha256 = createHash('sha256').update(received).digest('hex');
  if (sha256 === metadata.sha256) blobs.set(sha256, received);
}
