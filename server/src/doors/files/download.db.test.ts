// Bytes come down with a signed URL, whole or in part, exactly as they went up.

import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectKey } from '../../blobs/driver.ts';
import { type FilesServer, sha256Of, startFilesServer } from '../../testing/files-server.ts';

const bytes = randomBytes(1000);
const sha256 = sha256Of(bytes);
const etag = `"${sha256}"`;

let server: FilesServer;
let url: string;
beforeAll(async () => {
  server = await startFilesServer();
  await server.parts.blobs.put(objectKey(server.app_uuid, sha256), { stream: Readable.from([bytes]) });
  url = server.urlOf(sha256, 'a b/é+.zip');
});
afterAll(() => server.close());

const download = (at: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  server.app.inject({ method, url: at, headers });

describe('GET /files/get', () => {
  it('gives the bytes with headers that keep them as they are (M9)', async () => {
    const answer = await download(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.rawPayload.equals(bytes)).toBe(true);
    expect(answer.headers).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable, no-transform',
      'content-length': '1000',
      'content-type': 'application/zip',
      etag,
    });
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });

  it.each([
    ['bytes=0-', 206, 0, 1000],
    ['bytes=0-0', 206, 0, 1],
    ['bytes=400-', 206, 400, 1000],
    ['bytes=400-499', 206, 400, 500],
    ['bytes=900-5000', 206, 900, 1000],
    ['bytes=-100', 206, 900, 1000],
    ['bytes=-5000', 206, 0, 1000],
    ['bytes=0-1,5-6', 200, 0, 1000],
    ['items=0-1', 200, 0, 1000],
  ])('answers Range: %s with %i', async (range, status, start, end) => {
    const answer = await download(url, { range });
    expect(answer.statusCode).toBe(status);
    expect(answer.rawPayload.equals(bytes.subarray(start, end))).toBe(true);
    expect(answer.headers['content-length']).toBe(String(end - start));
    expect(answer.headers['content-range']).toBe(status === 206 ? `bytes ${start}-${end - 1}/1000` : undefined);
  });

  it.each(['bytes=1000-', 'bytes=2000-3000', 'bytes=-0'])(
    'answers Range: %s with 416 and the size (M8)',
    async (range) => {
      const answer = await download(url, { range });
      expect([answer.statusCode, answer.headers['content-range']]).toEqual([416, 'bytes */1000']);
      expect(answer.headers).not.toHaveProperty('etag');
    },
  );

  it.each(['é.js', 'a+b.js', 'a b.js', '100%.js', 'a%2Fb.js', '#?&=.js', '..', ''])(
    'serves a file named %j (M10)',
    async (name) => {
      const answer = await download(server.urlOf(sha256, `assets/${name}`));
      expect(answer.rawPayload.equals(bytes)).toBe(true);
    },
  );

  it('answers 304 to a client that has the bytes', async () => {
    const answer = await download(url, { 'if-none-match': etag });
    expect([answer.statusCode, answer.body, answer.headers['etag']]).toEqual([304, '', etag]);
  });

  it('gives the whole when the part is of something else', async () => {
    expect((await download(url, { range: 'bytes=5-', 'if-range': '"other"' })).statusCode).toBe(200);
    expect((await download(url, { range: 'bytes=5-', 'if-range': etag })).statusCode).toBe(206);
  });

  it('never encodes, whatever the client accepts', async () => {
    const answer = await download(url, { 'accept-encoding': 'br, gzip' });
    expect(answer.headers).not.toHaveProperty('content-encoding');
    expect(answer.rawPayload.length).toBe(1000);
  });

  it('tells the same by HEAD, without the bytes', async () => {
    const answer = await download(url, {}, 'HEAD');
    expect([answer.statusCode, answer.headers['content-length'], answer.body]).toEqual([200, '1000', '']);
    expect(answer.headers['etag']).toBe(etag);
  });

  it.each<[string, number, string, () => string]>([
    ['another signature', 403, 'invalid_signature', () => url.replace(/s=.*/, 's=abc')],
    ['no signature', 403, 'invalid_signature', () => url.replace(/\?.*/, '')],
    ['another app', 403, 'invalid_signature', () => url.replace(server.app_uuid, '0'.repeat(36))],
    ['a way up', 403, 'invalid_signature', () => url.replace(server.app_uuid, '..%2F..')],
    ['an old URL', 403, 'url_expired', () => server.urlOf(sha256, 'x', Date.now() - 9 * 86_400_000)],
    ['bytes that are not there', 404, 'file_not_found', () => server.urlOf('ab'.repeat(32))],
    ['a route that is not there', 404, 'not_found', () => '/files/nothing'],
  ])('refuses %s: %i %s', async (_what, status, error, at) => {
    const answer = await download(at());
    expect([answer.statusCode, answer.json().error]).toEqual([status, error]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});
