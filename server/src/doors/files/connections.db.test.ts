// What injected requests cannot show: connections that break, clients that leave, disks that are full.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { get } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { keysBelow } from '../../blobs/driver.suite.ts';
import { type FilesServer, sha256Of, startFilesServer } from '../../testing/files-server.ts';
import { mountTinyDisk } from '../../testing/tiny-disk.ts';

/** The machine may be busy with other tests. */
const settled = { timeout: 15_000 };

type Listening = FilesServer & { origin: string };

async function listen(overrides: Parameters<typeof startFilesServer>[0]): Promise<Listening> {
  const server = await startFilesServer(overrides);
  await server.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.app.server.address() as AddressInfo;
  return Object.assign(server, { origin: `http://127.0.0.1:${port}` });
}

const uploadUrl = (server: FilesServer, bytes: Buffer) =>
  `/files/upload?app_id=${server.app_id}&kind=file&sha256=${sha256Of(bytes)}`;

function put(
  server: Listening,
  bytes: Buffer,
  body: Uint8Array | ReadableStream = new Uint8Array(bytes),
): Promise<Response> {
  const headers = { authorization: server.adminKey };
  const url = server.origin + uploadUrl(server, bytes);
  return fetch(url, { method: 'PUT', headers, body, duplex: 'half' } as RequestInit);
}

/** Opens a PUT by hand, so that it can be broken off. */
function beginPut(server: Listening, bytes: Buffer, bodyHeader: string): Socket {
  const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
  const head = [`PUT ${uploadUrl(server, bytes)} HTTP/1.1`, 'host: x', `authorization: ${server.adminKey}`, bodyHeader];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return socket;
}

const urlOf = ({ origin, urlOf }: Listening, bytes: Buffer) => origin + urlOf(sha256Of(bytes));

const scratchFiles = (server: Listening) => readdir(server.parts.blobs.scratch.dir);

describe('a connection', () => {
  let server: Listening;
  beforeAll(async () => {
    server = await listen({ maxUploadBytes: 3_000_000 });
  });
  afterAll(() => server.close());

  it.each([
    ['cut', (socket: Socket) => socket.destroy()],
    ['half-closed', (socket: Socket) => socket.end()],
  ])('%s before the announced length leaves nothing', async (_how, breakOff) => {
    const bytes = randomBytes(200_000);
    const socket = beginPut(server, bytes, 'content-length: 200000');
    socket.on('error', () => {}).resume();
    socket.write(bytes.subarray(0, 100_000));
    await expect.poll(() => scratchFiles(server), settled).toHaveLength(1);
    breakOff(socket);
    await once(socket, 'close');
    await expect.poll(() => scratchFiles(server), settled).toEqual([]);
    expect(await keysBelow(server.parts.blobs, '')).toEqual([]);
  });

  it('cut in the middle of a chunked body leaves nothing', async () => {
    const bytes = randomBytes(1000);
    const socket = beginPut(server, bytes, 'transfer-encoding: chunked');
    socket.on('error', () => {}).resume();
    socket.write('1f4\r\n');
    socket.write(bytes.subarray(0, 500));
    await expect.poll(() => scratchFiles(server), settled).toHaveLength(1);
    socket.end();
    await once(socket, 'close');
    await expect.poll(() => scratchFiles(server), settled).toEqual([]);
    expect(await keysBelow(server.parts.blobs, '')).toEqual([]);
  });

  it('carries the refusal of an upload without length that grows too large, and the next request', async () => {
    const chunk = new Uint8Array(100_000);
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < 60; at++) controller.enqueue(chunk);
        controller.close();
      },
    });
    const answer = await put(server, Buffer.from(chunk), body);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([413, 'upload_too_large']);
    expect(await scratchFiles(server)).toEqual([]);
    expect((await put(server, randomBytes(10))).status).toBe(200);
  });

  it('carries the refusal of an upload that says it is too large, and the next request', async () => {
    const answer = await put(server, randomBytes(5_000_000));
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([413, 'upload_too_large']);
    expect((await put(server, randomBytes(10))).status).toBe(200);
  });

  it('that a client leaves in the middle of a download releases the file', async ({ skip }) => {
    const bytes = randomBytes(3_000_000);
    await put(server, bytes);
    const openFiles = () => filesOpenBelow(join(server.parts.blobs.scratch.dir, '..'));
    if ((await openFiles()) === undefined) {
      console.warn('SKIPPED: the download releases the file (only Linux says which files are open)');
      return skip();
    }
    const request = get(urlOf(server, bytes));
    const [response] = await once(request, 'response');
    await once(response, 'readable');
    expect(await openFiles()).toHaveLength(1);
    response.once('error', () => {});
    request.destroy();
    await expect.poll(openFiles, settled).toEqual([]);

    const connections = () => promisify(server.app.server.getConnections.bind(server.app.server))();
    const others = await connections();
    const { pathname, search, port } = new URL(urlOf(server, bytes));
    for (let client = 0; client < 50; client++) {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: x\r\n\r\n`, () => socket.resetAndDestroy());
    }
    await expect.poll(connections, settled).toBeLessThanOrEqual(others);
    await expect.poll(openFiles, settled).toEqual([]);
  });

  it('counts what it carried down', async () => {
    const bytes = randomBytes(500_000);
    await put(server, bytes);
    const { database, bandwidth } = server.parts;
    const countedBytes = async () => {
      await bandwidth.flush();
      const row = await database.db.selectFrom('bandwidth_daily').select('bytes').executeTakeFirst();
      return row?.bytes ?? 0;
    };
    const before = await countedBytes();
    const response = await fetch(urlOf(server, bytes), { headers: { range: 'bytes=100000-' } });
    expect((await response.arrayBuffer()).byteLength).toBe(400_000);
    await expect.poll(async () => (await countedBytes()) - before, settled).toBeGreaterThanOrEqual(400_000);
    expect((await countedBytes()) - before).toBeLessThan(402_000);
  });
});

async function filesOpenBelow(folder: string): Promise<string[] | undefined> {
  const descriptors = await readdir('/proc/self/fd').catch(() => undefined);
  const targets = await Promise.all(
    (descriptors ?? []).map((descriptor) => readlink(`/proc/self/fd/${descriptor}`).catch(() => '')),
  );
  return descriptors && targets.filter((target) => target.startsWith(folder));
}

describe('a full disk', () => {
  it('is told as insufficient_storage, and nothing is kept', async ({ skip }) => {
    const disk = await mountTinyDisk();
    if (disk === undefined) return skip();
    const server = await listen({ storageUrl: `file:${disk}` });
    onTestFinished(() => server.close());
    expect((await put(server, randomBytes(1000))).status).toBe(200);
    const answer = await put(server, randomBytes(2_000_000));
    expect(answer.status).toBe(507);
    expect(await answer.json()).toMatchObject({ error: 'insufficient_storage', status: 'KO' });
    expect(await scratchFiles(server)).toEqual([]);
    expect(await keysBelow(server.parts.blobs, '')).toHaveLength(1);
    expect((await put(server, randomBytes(1000))).status).toBe(200);
  });
});
