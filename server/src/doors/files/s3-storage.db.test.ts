// The files door with its bytes in an S3-compatible store instead of a folder.

import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { objectKey } from '../../blobs/driver.ts';
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts';
import { type FilesServer, sha256Of, startFilesServer } from '../../testing/files-server.ts';

const bytes = randomBytes(20_000);
const sha256 = sha256Of(bytes);

let s3: FakeS3;
let server: FilesServer;

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test-key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test-secret');
  s3 = await startFakeS3();
  server = await startFilesServer({ storageUrl: `s3://bundles/p?endpoint=${s3.endpoint}` });
});
afterAll(async () => {
  await server.close();
  await s3.close();
  vi.unstubAllEnvs();
});

const headers = { authorization: 'test-admin-key-0123456789' };

function upload() {
  const query = { app_id: server.app_id, kind: 'file', sha256 };
  return server.app.inject({ method: 'PUT', url: '/files/upload', query, headers, payload: bytes });
}

const download = (range: Record<string, string> = {}) =>
  server.app.inject({ url: server.urlOf(sha256), headers: range });

describe('with bundles in S3', () => {
  it('bytes go up once and come down whole and in parts', async () => {
    expect((await upload()).json()).toMatchObject({ size: 20_000, existed: false });
    expect((await upload()).json()).toMatchObject({ existed: true });
    expect([...s3.objects.keys()]).toEqual([`p/${objectKey(server.app_uuid, sha256)}`]);
    expect((await download()).rawPayload.equals(bytes)).toBe(true);
    const part = await download({ range: 'bytes=-100' });
    expect([part.statusCode, part.headers['content-range']]).toEqual([206, 'bytes 19900-19999/20000']);
    expect(part.rawPayload.equals(bytes.subarray(-100))).toBe(true);
    expect((await download({ range: 'bytes=20000-' })).statusCode).toBe(416);
  });

  it('a resumable upload keeps its parts there, and leaves none', async () => {
    const said = Object.entries({ app_id: server.app_id, kind: 'file', sha256 });
    const metadata = said.map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`).join(',');
    const tus = { ...headers, 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream' };
    const created = await server.app.inject({
      method: 'POST',
      url: '/files/uploads',
      headers: { ...tus, 'upload-length': '20000', 'upload-metadata': metadata },
      payload: bytes.subarray(0, 15_000),
    });
    expect([...s3.objects.keys()].filter((key) => key.startsWith('p/uploads/'))).toHaveLength(1);
    const rest = { ...tus, 'upload-offset': '15000' };
    const url = new URL(String(created.headers['location']), 'http://host/files/uploads').pathname;
    const done = await server.app.inject({ method: 'PATCH', url, headers: rest, payload: bytes.subarray(15_000) });
    expect(done.statusCode).toBe(204);
    expect([...s3.objects.keys()]).toHaveLength(1);
    expect(await readdir(server.parts.blobs.scratch.dir)).toEqual([]);
  });

  it('a store that is away is told as such', async () => {
    await s3.close();
    const answer = await download();
    expect([answer.statusCode, answer.json().error]).toEqual([503, 'storage_unavailable']);
  });
});
