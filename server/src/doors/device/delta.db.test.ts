// What the URLs of an answer lead to, with real bytes (docs/protocol/device.md §12.3).

import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { makeZip } from '../../testing/zip-maker.ts';
import { createFixture } from './conformance/fixture.ts';
import { ask } from './conformance/row.ts';

const app_id = 'com.demo.delta';
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const contents: Record<string, Buffer> = {
  'index.html': Buffer.from('<script src="assets/app.js"></script>'),
  'assets/app.js.br': Buffer.from('notifyAppReady();'.repeat(2_000)),
  'assets/é +%20&#?.js': Buffer.from('// a name with traps'),
  'assets/a..b~(1).js': Buffer.from('// and another'),
};
const storedBytes = (name: string, bytes: Buffer) => (name.endsWith('.br') ? brotliCompressSync(bytes) : bytes);
const zip = makeZip([{ name: 'index.html', content: contents['index.html'] as Buffer }]);

interface Answer {
  url: string;
  checksum: string;
  manifest: { file_name: string; file_hash: string; download_url: string }[];
}

let server: TestServer;
let answer: Answer;

beforeAll(async () => {
  server = await startTestServer();
  await createFixture(server.database.db, app_id, server.orgId);
  const manifest = [];
  for (const [file_name, bytes] of Object.entries(contents)) {
    const object = storedBytes(file_name, bytes);
    await upload('file', object);
    manifest.push({ file_name, file_hash: sha256(bytes), sha256: sha256(object), size: object.length });
  }
  await upload('zip', zip);
  const created = await server.app.inject({
    method: 'POST',
    url: '/bundle',
    headers: { authorization: server.adminKey },
    payload: { app_id, version: '1.0.2', upload: sha256(zip), manifest },
  });
  expect(created.statusCode, created.body).toBe(200);
  await server.database.query(
    "update channels set version = (select id from bundles where app_id = $1 and name = '1.0.2') where app_id = $1 and name = 'production'",
    [app_id],
  );
  await server.parts.snapshots.caughtUp();
  answer = await update();
});
afterAll(() => server.close());

async function upload(kind: string, bytes: Buffer): Promise<void> {
  const { statusCode, body } = await server.app.inject({
    method: 'PUT',
    url: '/files/upload',
    query: { app_id, kind, sha256: sha256(bytes) },
    headers: { authorization: server.adminKey },
    payload: bytes,
  });
  expect(statusCode, body).toBeLessThan(300);
}

async function update(): Promise<Answer> {
  const body = ask({ app_id, version_name: '0.9.0', plugin_version: '8.51.14' });
  return (await server.ask({ method: 'POST', url: '/updates', payload: body })).json();
}

function get(url: string, range?: string) {
  expect(url.startsWith(server.parts.config.publicUrl)).toBe(true);
  const path = url.slice(server.parts.config.publicUrl.length);
  return server.app.inject({ method: 'GET', url: path, ...(range && { headers: { range } }) });
}

test('M6: every file of the list, undone of its compression, has its hash', async () => {
  expect(answer.manifest.map(({ file_name }) => file_name).sort()).toEqual(Object.keys(contents).sort());
  for (const { file_name, file_hash, download_url } of answer.manifest) {
    const { statusCode, rawPayload, headers } = await get(download_url);
    expect({ file_name, statusCode }).toEqual({ file_name, statusCode: 200 });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['cache-control']).toContain('no-transform');
    const bytes = file_name.endsWith('.br') ? brotliDecompressSync(rawPayload) : rawPayload;
    expect(sha256(bytes)).toBe(file_hash);
  }
});

test('M7: a download that broke off goes on where it stopped', async () => {
  const { statusCode, headers, rawPayload } = await get(answer.url, 'bytes=10-');
  expect(statusCode).toBe(206);
  expect(headers['content-range']).toBe(`bytes 10-${zip.length - 1}/${zip.length}`);
  expect(headers['content-length']).toBe(String(zip.length - 10));
  expect(rawPayload.equals(zip.subarray(10))).toBe(true);
});

test('M8: a range past the end', async () => {
  const { statusCode, headers } = await get(answer.url, `bytes=${zip.length}-`);
  expect(statusCode).toBe(416);
  expect(headers['content-range']).toBe(`bytes */${zip.length}`);
});

test('M9, K2, K9: the zip as it was uploaded, with the checksum of the answer', async () => {
  const { statusCode, headers, rawPayload } = await get(answer.url);
  expect(statusCode).toBe(200);
  expect(headers['content-length']).toBe(String(zip.length));
  expect(answer.checksum).toMatch(/^[0-9a-f]{64}$/);
  expect(sha256(rawPayload)).toBe(answer.checksum);
});

test('M10: the URL of a file with an unusual name ends in that name', async () => {
  const unusual = answer.manifest.find(({ file_name }) => file_name.includes('é'));
  const last = new URL(unusual?.download_url ?? '').pathname.split('/').at(-1) ?? '';
  expect(decodeURIComponent(last)).toBe('é +%20&#?.js');
  expect((await get(unusual?.download_url ?? '')).statusCode).toBe(200);
});

test('M12: what the list costs is what the files take', async () => {
  const priced = await server.ask({
    method: 'POST',
    url: '/updates/manifest_size',
    payload: JSON.stringify(ask({ app_id, version: '1.0.2', manifest: answer.manifest })),
  });
  const sizes = Object.entries(contents).map(([name, bytes]) => storedBytes(name, bytes).length);
  expect(priced.json()).toMatchObject({
    knownFiles: sizes.length,
    unknownFiles: 0,
    totalSize: sizes.reduce((sum, size) => sum + size, 0),
  });
});

test('the addresses of a day do not change, so that caches can hold them', async () => {
  expect(await update()).toEqual(answer);
});
