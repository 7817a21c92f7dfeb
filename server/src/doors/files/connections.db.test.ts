// What injected requests cannot show: connections that break, clients that leave, disks that are full.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keysBelow } from '../../blobs/driver.suite.ts';
import { signDownload } from '../../blobs/signed-url.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const app_id = 'com.example.connections';
/** The machine may be busy with other tests. */
const settled = { timeout: 15_000 };

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

interface Listening extends TestServer {
  origin: string;
  app_uuid: string;
}

async function listen(overrides: Parameters<typeof startTestServer>[0]): Promise<Listening> {
  const server = await startTestServer(overrides);
  const values = { app_id, owner_org: server.orgId, name: 'Connections' };
  const { db } = server.parts.database;
  const app = await db.insertInto('apps').values(values).returning('id').executeTakeFirstOrThrow();
  await server.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.app.server.address() as AddressInfo;
  return Object.assign(server, { origin: `http://127.0.0.1:${port}`, app_uuid: app.id });
}

const uploadUrl = (bytes: Buffer) => `/files/upload?app_id=${app_id}&kind=file&sha256=${sha256Of(bytes)}`;

function put(
  server: Listening,
  bytes: Buffer,
  body: Uint8Array | ReadableStream = new Uint8Array(bytes),
): Promise<Response> {
  const headers = { authorization: server.adminKey };
  const url = server.origin + uploadUrl(bytes);
  return fetch(url, { method: 'PUT', headers, body, duplex: 'half' } as RequestInit);
}

/** Opens a PUT by hand, so that it can be broken off. */
function beginPut(server: Listening, bytes: Buffer, bodyHeader: string): Socket {
  const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
  const head = [`PUT ${uploadUrl(bytes)} HTTP/1.1`, 'host: x', `authorization: ${server.adminKey}`, bodyHeader];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return socket;
}

function urlOf({ parts, origin, app_uuid: appUuid }: Listening, bytes: Buffer): string {
  const { secret } = parts.config;
  return signDownload({ secret, origin, appUuid, sha256: sha256Of(bytes), name: 'x', nowMs: Date.now() });
}

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
    const disk = await mkdtemp(join(tmpdir(), 'overair-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      console.warn('SKIPPED: a full disk (this machine lets us mount no tmpfs)');
      return skip();
    }
    const server = await listen({ storageUrl: `file:${disk}` });
    try {
      const small = randomBytes(1000);
      expect((await put(server, small)).status).toBe(200);
      const answer = await put(server, randomBytes(2_000_000));
      expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
        507,
        'insufficient_storage',
      ]);
      expect(await scratchFiles(server)).toEqual([]);
      expect(await keysBelow(server.parts.blobs, '')).toHaveLength(1);
      expect((await put(server, randomBytes(1000))).status).toBe(200);
    } finally {
      await server.close();
      execFileSync('umount', [disk]);
      await rm(disk, { recursive: true });
    }
  });
});
