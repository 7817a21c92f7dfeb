// Uploads by a session: only a page of this server may begin or go on with one.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Browser, setUpOwner } from '../../testing/browser.ts';
import { type FilesServer, startFilesServer } from '../../testing/files-server.ts';

let server: FilesServer;
let owner: Browser;
beforeAll(async () => {
  server = await startFilesServer();
  owner = await setUpOwner(server);
});
afterAll(() => server.close());

const bytes = Buffer.from('a file of a delta');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const own = 'http://updates.test';
const tus = { 'tus-resumable': '1.0.0' };
const octets = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

function send(method: Method, url: string, headers: Record<string, string>, payload?: Buffer) {
  const cookie = [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  return server.app.inject({ method, url, headers: { cookie, ...headers }, ...(payload && { payload }) });
}

async function begun(): Promise<string> {
  const values = { app_id: server.app_id, sha256, kind: 'file' };
  const metadata = Object.entries(values).map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`);
  const headers = { origin: own, ...tus, 'upload-length': String(bytes.length), 'upload-metadata': metadata.join() };
  const { statusCode, headers: answered } = await send('POST', '/files/uploads', headers);
  expect(statusCode).toBe(201);
  return new URL(String(answered.location), `${own}/files/uploads`).pathname;
}

const upload = () => `/files/upload?app_id=${server.app_id}&kind=file&sha256=${sha256}`;

test.each([
  ['an upload', 'PUT', async () => upload(), {}, bytes],
  [
    'asking what is missing',
    'POST',
    async () => '/files/missing',
    { 'content-type': 'application/json' },
    Buffer.from(JSON.stringify({ app_id: 'com.example.files', hashes: [sha256] })),
  ],
  ['a resumable upload', 'POST', async () => '/files/uploads', { ...tus, 'upload-length': '1' }, undefined],
  ['a part of one', 'PATCH', begun, { ...tus, ...octets }, bytes],
  ['giving one up', 'DELETE', begun, tus, undefined],
] as [string, Method, () => Promise<string>, Record<string, string>, Buffer | undefined][])(
  '%s is refused to the page of somebody else',
  async (_what, method, addressOf, headers, payload) => {
    const url = await addressOf();
    for (const from of [{ origin: 'https://evil.test' }, { origin: own, 'sec-fetch-site': 'cross-site' }, {}]) {
      const answer = await send(method, url, { ...headers, ...(from as Record<string, string>) }, payload);
      expect(answer.statusCode).toBe(403);
      expect(answer.json().error).toBe('foreign_origin');
    }
    expect(
      (
        await send(
          'POST',
          '/files/missing',
          { origin: own, 'content-type': 'application/json' },
          Buffer.from(JSON.stringify({ app_id: server.app_id, hashes: [sha256] })),
        )
      ).json().missing,
    ).toEqual([sha256]);
  },
);

test('and goes through from a page of this server', async () => {
  const answer = await send('PUT', upload(), { origin: own, 'sec-fetch-site': 'same-origin' }, bytes);
  expect(answer.statusCode).toBe(200);
});
