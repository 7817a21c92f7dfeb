// Resumable uploads as a TUS client drives them, broken connections included.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keysBelow } from '../../blobs/driver.suite.ts';
import { objectKey } from '../../blobs/driver.ts';
import { type FilesServer, sha256Of, startFilesServer } from '../../testing/files-server.ts';
import { makeZip } from '../../testing/zip-maker.ts';

/** The machine may be busy with other tests. */
const settled = { timeout: 15_000 };

let server: FilesServer;

beforeAll(async () => {
  server = await startFilesServer({ maxUploadBytes: 40_000_000 });
  await server.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => server.close());

type Method = 'POST' | 'HEAD' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'GET';
type Headers = Record<string, string>;

function tus(method: Method, url: string, headers: Headers = {}, payload?: Buffer) {
  const always = { 'tus-resumable': '1.0.0', authorization: server.adminKey };
  return server.app.inject({ method, url, headers: { ...always, ...headers }, ...(payload ? { payload } : {}) });
}

const metadata = (said: Headers) =>
  Object.entries(said)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');

function create(bytes: Buffer, said: Headers = {}, headers: Headers = {}, body?: Buffer) {
  const uploadMetadata = metadata({ app_id: server.app_id, kind: 'file', sha256: sha256Of(bytes), ...said });
  const own = { 'upload-length': String(bytes.length), 'upload-metadata': uploadMetadata, ...headers };
  return tus('POST', '/files/uploads', own, body);
}

async function locationOf(bytes: Buffer, said: Headers = {}): Promise<string> {
  const created = await create(bytes, said);
  expect(created.statusCode).toBe(201);
  return resolved('/files/uploads', created.headers['location']);
}

/** Where a client finds what it was told, as `new URL` has it. */
const resolved = (asked: string, location: unknown): string =>
  new URL(String(location), `http://host${asked}`).pathname;

const octets = { 'content-type': 'application/offset+octet-stream' };
const patch = (url: string, offset: number, body: Buffer, headers: Headers = {}) =>
  tus('PATCH', url, { ...octets, 'upload-offset': String(offset), ...headers }, body);

const offsetOf = async (url: string) => Number((await tus('HEAD', url)).headers['upload-offset']);
const isStored = async (bytes: Buffer) =>
  (await server.parts.blobs.stat(objectKey(server.app_uuid, sha256Of(bytes))))?.size === bytes.length;
const partsLeft = () => keysBelow(server.parts.blobs, 'uploads/');

describe('a resumable upload', () => {
  it('says what it can do', async () => {
    const answer = await server.app.inject({ method: 'OPTIONS', url: '/files/uploads' });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,expiration,termination',
      'tus-max-size': '40000000',
    });
  });

  it.each([
    '/files/uploads',
    '/files/uploads/',
    '//files/uploads//?x=/',
    '/functions/v1/files/uploads',
    '/functions/v1/files/uploads/',
  ])('is found where the client that asked %s looks for it, behind a path prefix too', async (asked) => {
    const bytes = randomBytes(10);
    const said = metadata({ app_id: server.app_id, kind: 'file', sha256: sha256Of(bytes) });
    const created = await tus('POST', asked, { 'upload-length': '10', 'upload-metadata': said });
    const location = created.headers['location'];
    // The proxy takes `/sub` away: the server never hears of it, and the client must not lose it.
    const url = resolved(`/sub${asked}`, location);
    expect(url).toMatch(/^\/sub\/.*files\/uploads\/[0-9a-f-]{36}$/);
    expect(await offsetOf(url.slice('/sub'.length))).toBe(0);
  });

  it('comes in pieces, and is stored with the last one', async () => {
    const bytes = makeZip([{ name: 'index.html', content: randomBytes(1000) }]);
    const url = await locationOf(bytes, { kind: 'zip' });
    expect(url).toMatch(/^\/files\/uploads\/[0-9a-f-]{36}$/);
    expect(await offsetOf(url)).toBe(0);
    const first = await patch(url, 0, bytes.subarray(0, 400));
    expect([first.statusCode, first.headers['upload-offset']]).toEqual([204, '400']);
    expect(Date.parse(String(first.headers['upload-expires']))).toBeGreaterThan(Date.now());
    expect(await isStored(bytes)).toBe(false);
    const head = await tus('HEAD', url);
    expect(head.headers).toMatchObject({
      'upload-offset': '400',
      'upload-length': String(bytes.length),
      'cache-control': 'no-store',
    });
    expect((await patch(url, 400, bytes.subarray(400))).statusCode).toBe(204);
    expect(await isStored(bytes)).toBe(true);
    // A client whose last answer was lost asks again.
    expect(await offsetOf(url)).toBe(bytes.length);
    expect((await patch(url, bytes.length, Buffer.alloc(0))).statusCode).toBe(204);
    expect(await partsLeft()).toEqual([]);
    expect(await readdir(server.parts.blobs.scratch.dir)).toEqual([]);
  });

  it('may carry its bytes in the first request', async () => {
    const bytes = randomBytes(5000);
    const created = await create(bytes, {}, octets, bytes);
    expect([created.statusCode, created.headers['upload-offset']]).toEqual([201, '5000']);
    expect(await isStored(bytes)).toBe(true);
  });

  it('may be empty', async () => {
    expect((await create(Buffer.alloc(0))).statusCode).toBe(201);
    expect(await isStored(Buffer.alloc(0))).toBe(true);
  });

  it('survives in parts what is too large for one', async () => {
    const bytes = Buffer.concat(Array(35).fill(randomBytes(1_000_000)));
    const url = await locationOf(bytes);
    expect((await patch(url, 0, bytes)).headers['upload-offset']).toBe('35000000');
    expect(await isStored(bytes)).toBe(true);
    expect(await partsLeft()).toEqual([]);
  });

  it('goes on where a broken connection left it', async () => {
    const bytes = randomBytes(300_000);
    const url = await locationOf(bytes);
    const address = server.app.server.address() as { port: number };
    const socket = connect(address.port, '127.0.0.1');
    const head = ['PATCH', url, 'HTTP/1.1'].join(' ');
    const headers = {
      host: 'x',
      authorization: server.adminKey,
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-length': '300000',
      ...octets,
    };
    const lines = [head, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', ''];
    socket.write(lines.join('\r\n'));
    socket.write(bytes.subarray(0, 100_000));
    await expect.poll(() => readdir(server.parts.blobs.scratch.dir), settled).toHaveLength(1);
    socket.destroy();
    await once(socket, 'close');
    await expect.poll(() => offsetOf(url), settled).toBeGreaterThan(0);
    const offset = await offsetOf(url);
    expect(offset).toBeLessThanOrEqual(100_000);
    expect((await patch(url, offset, bytes.subarray(offset))).statusCode).toBe(204);
    expect(await isStored(bytes)).toBe(true);
    expect(await readdir(server.parts.blobs.scratch.dir)).toEqual([]);
  });

  it('takes the same bytes once when two requests bring them at the same time', async () => {
    const bytes = randomBytes(10_000);
    const url = await locationOf(bytes);
    const both = await Promise.all([patch(url, 0, bytes.subarray(0, 6000)), patch(url, 0, bytes.subarray(0, 6000))]);
    expect(both.map((answer) => answer.statusCode).sort()).toEqual([204, 409]);
    expect(await partsLeft()).toHaveLength(1);
    expect((await patch(url, 6000, bytes.subarray(6000))).statusCode).toBe(204);
    expect(await isStored(bytes)).toBe(true);
  });

  it('can be given up', async () => {
    const bytes = randomBytes(100);
    const url = await locationOf(bytes);
    await patch(url, 0, bytes.subarray(0, 50));
    expect((await tus('DELETE', url)).statusCode).toBe(204);
    expect((await tus('HEAD', url)).statusCode).toBe(404);
    expect(await partsLeft()).toEqual([]);
  });

  it.each([
    ['other bytes than declared', 'checksum_mismatch', randomBytes(50), { sha256: 'ab'.repeat(32) }],
    ['a zip that is none', 'invalid_zip', randomBytes(50), { kind: 'zip' }],
  ])('ends with %s', async (_what, error, bytes, said) => {
    const url = await locationOf(bytes, said);
    await patch(url, 0, bytes.subarray(0, 20));
    const answer = await patch(url, 20, bytes.subarray(20));
    expect([answer.statusCode, answer.json().error]).toEqual([400, error]);
    expect((await tus('HEAD', url)).statusCode).toBe(404);
    expect(await partsLeft()).toEqual([]);
    expect(await readdir(server.parts.blobs.scratch.dir)).toEqual([]);
  });

  it('refuses more bytes than it announced', async () => {
    const bytes = randomBytes(100);
    const url = await locationOf(bytes);
    const answer = await patch(url, 0, Buffer.concat([bytes, bytes]));
    expect([answer.statusCode, answer.json().error]).toEqual([413, 'upload_too_large']);
    expect(await offsetOf(url)).toBe(0);
  });

  it('refuses a gap', async () => {
    const url = await locationOf(randomBytes(100));
    const answer = await patch(url, 10, randomBytes(10));
    expect([answer.statusCode, answer.json().error, answer.json().moreInfo]).toEqual([
      409,
      'offset_conflict',
      { received: 0 },
    ]);
  });
});

describe('a resumable upload is refused with', () => {
  it.each<[string, number, string, Headers, Headers]>([
    ['no length', 400, 'invalid_upload_length', { 'upload-length': '' }, {}],
    ['a length that is none', 400, 'invalid_upload_length', { 'upload-length': '-5' }, {}],
    ['too great a length', 413, 'upload_too_large', { 'upload-length': '40000001' }, {}],
    ['no app', 400, 'missing_app_id', {}, { app_id: '' }],
    ['an unknown app', 400, 'cannot_access_app', {}, { app_id: 'com.example.unknown' }],
    ['an unknown kind', 400, 'invalid_kind', {}, { kind: 'tar' }],
    ['no hash', 400, 'invalid_sha256', {}, { sha256: '' }],
    ['no key', 401, 'no_key_provided', { authorization: '' }, {}],
    ['another version', 412, 'unsupported_tus_version', { 'tus-resumable': '0.2.2' }, {}],
  ])('%s: %i %s', async (_what, status, error, headers, said) => {
    const answer = await create(randomBytes(10), said, headers);
    expect([answer.statusCode, answer.json().error]).toEqual([status, error]);
  });

  it('another content type', async () => {
    const url = await locationOf(randomBytes(10));
    const answer = await patch(url, 0, randomBytes(10), { 'content-type': 'application/octet-stream' });
    expect([answer.statusCode, answer.json().error]).toEqual([415, 'invalid_content_type']);
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'nothing', '%00'])('an unknown id (%s)', async (id) => {
    expect((await tus('HEAD', `/files/uploads/${id}`)).statusCode).toBe(404);
    expect((await patch(`/files/uploads/${id}`, 0, Buffer.alloc(1))).statusCode).toBe(404);
  });

  it("another owner's key", async () => {
    const url = await locationOf(randomBytes(10));
    expect((await tus('HEAD', url, { authorization: 'nobody' })).statusCode).toBe(401);
  });
});
