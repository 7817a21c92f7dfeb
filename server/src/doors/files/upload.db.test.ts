// Bytes go up with a key: what is stored, what is refused and in which words.

import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectKey } from '../../blobs/driver.ts';
import { type FilesServer, sha256Of, startFilesServer } from '../../testing/files-server.ts';
import { makeZip } from '../../testing/zip-maker.ts';

const crc32Of = (bytes: Buffer) => crc32(bytes).toString(16).padStart(8, '0');

let server: FilesServer;
beforeAll(async () => {
  server = await startFilesServer({ maxUploadBytes: 100_000 });
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
    query: { app_id: server.app_id, kind, sha256: sha256Of(bytes), ...query },
    headers: { authorization: server.adminKey, ...headers },
    payload: bytes,
  });
}

const download = (sha256: string) => server.app.inject({ url: server.urlOf(sha256) });

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
    const found = await download(expected.sha256);
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
    expect((await download(sha256Of(bytes))).statusCode).toBe(404);
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
    expect((await download(sha256Of(bytes))).rawPayload.equals(bytes)).toBe(true);
    await expectNothingLeft();
  });

  it('stores bytes anew that the owner lost', async () => {
    const bytes = randomBytes(100);
    await upload(bytes);
    const sha256 = sha256Of(bytes);
    await server.parts.blobs.remove([objectKey(server.app_uuid, sha256)]);
    expect((await upload(bytes)).json()).toMatchObject({ existed: false });
    expect((await download(sha256)).statusCode).toBe(200);
  });
});

describe('POST /files/missing', () => {
  const ask = (body: object, headers = {}) =>
    server.app.inject({
      method: 'POST',
      url: '/files/missing',
      headers: { authorization: server.adminKey, ...headers },
      payload: { app_id: server.app_id, ...body },
    });

  it('names what is not there, once each', async () => {
    const bytes = randomBytes(10);
    await upload(bytes);
    const hashes = ['cd'.repeat(32), sha256Of(bytes).toUpperCase(), 'cd'.repeat(32), 'EF'.repeat(32)];
    const answer = await ask({ hashes });
    expect([answer.statusCode, answer.json()]).toEqual([200, { missing: ['cd'.repeat(32), 'ef'.repeat(32)] }]);
    expect((await ask({ hashes: [] })).json()).toEqual({ missing: [] });
  });

  it('takes ten thousand, and not one more', async () => {
    const hashes = Array.from({ length: 10_000 }, () => randomBytes(32).toString('hex'));
    expect((await ask({ hashes })).json().missing).toEqual(hashes);
    expect((await ask({ hashes: [...hashes, 'ab'.repeat(32)] })).statusCode).toBe(400);
  });

  it.each<[string, number, string, object, object]>([
    ['no key', 401, 'no_key_provided', {}, { authorization: '' }],
    ['no hashes', 400, 'invalid_request', { hashes: undefined }, {}],
    ['hashes that are none', 400, 'invalid_request', { hashes: ['ab'] }, {}],
    ['no app', 400, 'missing_app_id', { app_id: undefined }, {}],
    ['an app that is no name', 400, 'invalid_app_id', { app_id: 5 }, {}],
    ['an unknown app', 400, 'cannot_access_app', { app_id: 'com.example.unknown' }, {}],
  ])('refuses %s: %i %s', async (_what, status, error, body, headers) => {
    const answer = await ask({ hashes: [], ...body }, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error, status: 'KO' });
  });

  it('refuses what is not JSON', async () => {
    const headers = { authorization: server.adminKey, 'content-type': 'application/json' };
    const answer = await server.app.inject({ method: 'POST', url: '/files/missing', headers, payload: '{' });
    expect([answer.statusCode, answer.json().error]).toEqual([400, 'invalid_request']);
  });
});
