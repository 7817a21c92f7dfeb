// The files door end to end on a real database: bytes go up with a key and come down with a signed URL.
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signDownload } from '../../blobs/signed-url.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { makeZip } from '../../testing/zip-maker.ts';

const app_id = 'com.example.files';
const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const crc32Of = (bytes: Buffer) => crc32(bytes).toString(16).padStart(8, '0');

let server: TestServer;
let app_uuid: string;

beforeAll(async () => {
  server = await startTestServer({ maxUploadBytes: 100_000 });
  const values = { app_id, owner_org: server.orgId, name: 'Files' };
  const app = await server.parts.database.db
    .insertInto('apps')
    .values(values)
    .returning('id')
    .executeTakeFirstOrThrow();
  app_uuid = app.id;
});
afterAll(() => server.close());

interface Upload {
  query?: Record<string, string>;
  headers?: Record<string, string>;
  kind?: string;
}

function upload(bytes: Buffer, { query = {}, headers = {}, kind = 'file' }: Upload = {}) {
  return server.app.inject({
    method: 'PUT',
    url: '/files/upload',
    query: { app_id, kind, sha256: sha256Of(bytes), ...query },
    headers: { authorization: server.adminKey, ...headers },
    payload: bytes,
  });
}

function urlOf(sha256: string, name = 'file.bin', change: Partial<Parameters<typeof signDownload>[0]> = {}): string {
  const { secret, publicUrl } = server.parts.config;
  const url = signDownload({
    secret,
    origin: publicUrl,
    appUuid: app_uuid,
    sha256,
    name,
    nowMs: Date.now(),
    ...change,
  });
  return url.slice(publicUrl.length);
}

const download = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  server.app.inject({ method, url, headers });

async function expectNothingLeft() {
  expect(await readdir(server.parts.blobs.scratch.dir)).toEqual([]);
}

describe('PUT /files/upload', () => {
  it.each(['zip', 'encrypted', 'file'])('stores a %s and says what it stored', async (kind) => {
    const bytes = makeZip([{ name: 'index.html', content: randomBytes(1000) }]);
    const expected = { sha256: sha256Of(bytes), size: bytes.length, crc32: crc32Of(bytes) };
    const first = await upload(bytes, { kind, headers: { 'content-type': 'application/zip' } });
    expect([first.statusCode, first.json()]).toEqual([200, { ...expected, existed: false }]);
    const second = await upload(bytes, { kind });
    expect([second.statusCode, second.json()]).toEqual([200, { ...expected, existed: true }]);
    const found = await download(urlOf(expected.sha256));
    expect(found.rawPayload.equals(bytes)).toBe(true);
    await expectNothingLeft();
  });

  it('takes bytes of any content type as they are', async () => {
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'x/y']) {
      const bytes = Buffer.from(`{not json ${type}`);
      expect((await upload(bytes, { headers: { 'content-type': type } })).json()).toMatchObject({ size: bytes.length });
    }
  });

  it('takes an empty file, and SHA-256 digits in either case', async () => {
    const bytes = Buffer.alloc(0);
    const answer = await upload(bytes, { query: { sha256: sha256Of(bytes).toUpperCase() } });
    expect(answer.json()).toEqual({ sha256: sha256Of(bytes), size: 0, crc32: '00000000', existed: false });
  });

  it('takes the largest allowed upload, and refuses one byte more', async () => {
    expect((await upload(randomBytes(100_000))).statusCode).toBe(200);
    const refused = await upload(randomBytes(100_001));
    expect(refused.statusCode).toBe(413);
    expect(refused.json()).toMatchObject({ error: 'upload_too_large', status: 'KO', moreInfo: { limit: 100_000 } });
    await expectNothingLeft();
  });

  it.each<[string, number, string, Upload]>([
    ['no key', 401, 'no_key_provided', { headers: { authorization: '' } }],
    ['an unknown key', 401, 'invalid_apikey', { headers: { authorization: 'nobody' } }],
    ['no app', 400, 'missing_app_id', { query: { app_id: '' } }],
    ['a malformed app', 400, 'invalid_app_id', { query: { app_id: 'nodots' } }],
    ['an unknown app', 400, 'cannot_access_app', { query: { app_id: 'com.example.unknown' } }],
    ['an unknown kind', 400, 'invalid_kind', { kind: 'tar' }],
    ['no hash', 400, 'invalid_sha256', { query: { sha256: '' } }],
    ['a hash that is none', 400, 'invalid_sha256', { query: { sha256: 'zz'.repeat(32) } }],
    ['another hash', 400, 'checksum_mismatch', { query: { sha256: 'ab'.repeat(32) } }],
    ['a zip that is none', 400, 'invalid_zip', { kind: 'zip' }],
    ['fewer bytes than announced', 400, 'incomplete_upload', { headers: { 'content-length': '5000' } }],
  ])('refuses %s: %i %s', async (_what, status, error, options) => {
    const answer = await upload(Buffer.from('not a zip'), options);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({
      error,
      status: 'KO',
      message: expect.any(String),
      moreInfo: expect.anything(),
    });
    await expectNothingLeft();
  });

  it('says which rule a zip breaks, and where', async () => {
    const bytes = makeZip([{ name: 'index.html' }, { name: '../evil.js' }]);
    const answer = await upload(bytes, { kind: 'zip' });
    expect(answer.json()).toMatchObject({
      error: 'invalid_zip',
      message: expect.stringContaining('../evil.js'),
      moreInfo: { rule: 'name_traversal', entry: '../evil.js' },
    });
    expect((await download(urlOf(sha256Of(bytes)))).statusCode).toBe(404);
  });

  it('says both hashes when they differ', async () => {
    const bytes = Buffer.from('abc');
    const declared = 'ab'.repeat(32);
    const answer = await upload(bytes, { query: { sha256: declared } });
    expect(answer.json().moreInfo).toEqual({ declared, received: sha256Of(bytes) });
  });

  it('stores the same bytes once when they come several times at once', async () => {
    const bytes = randomBytes(50_000);
    const answers = await Promise.all(Array.from({ length: 6 }, () => upload(bytes)));
    expect(answers.map((answer) => answer.statusCode)).toEqual(Array(6).fill(200));
    expect((await download(urlOf(sha256Of(bytes)))).rawPayload.equals(bytes)).toBe(true);
    await expectNothingLeft();
  });

  it('stores bytes anew that the owner lost', async () => {
    const bytes = randomBytes(100);
    await upload(bytes);
    const sha256 = sha256Of(bytes);
    await server.parts.blobs.remove([`${app_uuid}/${sha256.slice(0, 2)}/${sha256.slice(2)}`]);
    expect((await upload(bytes)).json()).toMatchObject({ existed: false });
    expect((await download(urlOf(sha256))).statusCode).toBe(200);
  });
});

describe('POST /files/missing', () => {
  const ask = (body: object, headers = {}) =>
    server.app.inject({
      method: 'POST',
      url: '/files/missing',
      headers: { authorization: server.adminKey, ...headers },
      payload: body,
    });

  it('names what is not there, once each', async () => {
    const bytes = randomBytes(10);
    await upload(bytes);
    const hashes = ['cd'.repeat(32), sha256Of(bytes).toUpperCase(), 'cd'.repeat(32), 'EF'.repeat(32)];
    const answer = await ask({ app_id, hashes });
    expect([answer.statusCode, answer.json()]).toEqual([200, { missing: ['cd'.repeat(32), 'ef'.repeat(32)] }]);
    expect((await ask({ app_id, hashes: [] })).json()).toEqual({ missing: [] });
  });

  it('takes ten thousand, and not one more', async () => {
    const hashes = Array.from({ length: 10_000 }, () => randomBytes(32).toString('hex'));
    expect((await ask({ app_id, hashes })).json().missing).toEqual(hashes);
    expect((await ask({ app_id, hashes: [...hashes, 'ab'.repeat(32)] })).statusCode).toBe(400);
  });

  it.each<[string, number, string, object, object]>([
    ['no key', 401, 'no_key_provided', {}, { authorization: '' }],
    ['no hashes', 400, 'invalid_request', { hashes: undefined }, {}],
    ['hashes that are none', 400, 'invalid_request', { hashes: ['ab'] }, {}],
    ['no app', 400, 'missing_app_id', { app_id: undefined }, {}],
    ['an app that is no name', 400, 'invalid_app_id', { app_id: 5 }, {}],
    ['an unknown app', 400, 'cannot_access_app', { app_id: 'com.example.unknown' }, {}],
  ])('refuses %s: %i %s', async (_what, status, error, body, headers) => {
    const answer = await ask({ app_id, hashes: [], ...body }, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error, status: 'KO' });
  });

  it('refuses what is not JSON', async () => {
    const headers = { authorization: server.adminKey, 'content-type': 'application/json' };
    const answer = await server.app.inject({ method: 'POST', url: '/files/missing', headers, payload: '{' });
    expect([answer.statusCode, answer.json().error]).toEqual([400, 'invalid_request']);
  });
});

describe('GET /files/get', () => {
  const bytes = randomBytes(1000);
  const etag = `"${sha256Of(bytes)}"`;
  let url: string;
  beforeAll(async () => {
    await upload(bytes);
    url = urlOf(sha256Of(bytes), 'a b/é+.zip');
  });

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
      const answer = await download(urlOf(sha256Of(bytes), `assets/${name}`));
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
    ['another app', 403, 'invalid_signature', () => url.replace(app_uuid, '0'.repeat(36))],
    ['a way up', 403, 'invalid_signature', () => url.replace(app_uuid, '..%2F..')],
    ['an old URL', 403, 'url_expired', () => urlOf(sha256Of(bytes), 'x', { nowMs: Date.now() - 9 * 86_400_000 })],
    ['bytes that are not there', 404, 'file_not_found', () => urlOf('ab'.repeat(32))],
    ['a route that is not there', 404, 'not_found', () => '/files/nothing'],
  ])('refuses %s: %i %s', async (_what, status, error, at) => {
    const answer = await download(at());
    expect([answer.statusCode, answer.json().error]).toEqual([status, error]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});
