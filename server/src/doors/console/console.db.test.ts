// The console is handed out below any prefix, under a policy of its own, and a server without it says so and runs.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLog } from '../../log.ts';
import { pathRewriter } from '../../request-path.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { consoleDoor } from './index.ts';

const SHELL = `<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><link href="./icon.svg"><script src="./assets/main-1.js"></script>`;
const SCRIPT = 'console.log("the console");\n'.repeat(50);

let folder: string;
let app: FastifyInstance;
let server: TestServer;

async function open(from: string, publicUrl = 'https://host.test/live'): Promise<FastifyInstance> {
  const opened = Fastify({ rewriteUrl: pathRewriter(publicUrl, (segment) => segment === 'ui') });
  await opened.register(consoleDoor({ log: openLog('silent', false) }, from));
  return opened;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overair-console-'));
  await mkdir(join(folder, 'assets'));
  await mkdir(join(folder, '.vite'));
  await writeFile(join(folder, 'index.html'), SHELL);
  await writeFile(join(folder, 'icon.svg'), '<svg/>');
  await writeFile(join(folder, 'assets/main-1.js'), SCRIPT);
  await writeFile(join(folder, 'assets/main-1.js.gz'), gzipSync(SCRIPT));
  await writeFile(join(folder, '.vite/manifest.json'), '{}');
  app = await open(folder);
  server = await startTestServer();
});
afterAll(async () => {
  await app.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers });

test.each([
  ['/ui', './ui/assets/main-1.js'],
  ['/ui/', './assets/main-1.js'],
  ['/ui/app/com.example.app?x=./y', './../assets/main-1.js'],
  ['/ui/app/com.example.app/releases/7', './../../../assets/main-1.js'],
  ['/live/ui/account', './assets/main-1.js'],
])('%s is the shell, which finds its files beside itself', async (url, script) => {
  const answer = await get(url);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.body).toContain(`src="${script}"`);
  const where = new URL(script, `https://host.test${url.startsWith('/live') ? url : `/live${url}`}`);
  expect(where.pathname).toBe('/live/ui/assets/main-1.js');
});

test('the shell has a nonce of its own each time, and a policy that allows no script but its own', async () => {
  const [first, second] = await Promise.all([get('/ui'), get('/ui')]);
  const nonceOf = (body: string) => /nonce="([^"]+)"/.exec(body)?.[1];
  expect(nonceOf(first.body)).not.toBe(nonceOf(second.body));
  const policy = String(first.headers['content-security-policy']);
  expect(policy).toContain(`style-src 'self' 'nonce-${nonceOf(first.body)}'`);
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).not.toContain('unsafe');
});

test('files are kept for ever, and travel compressed to who takes that', async () => {
  const plain = await get('/ui/assets/main-1.js');
  expect(plain.body).toBe(SCRIPT);
  expect(plain.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  });
  const packed = await get('/ui/assets/main-1.js', { 'accept-encoding': 'gzip, deflate, br' });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(packed.rawPayload.equals(gzipSync(SCRIPT))).toBe(true);
  expect((await get('/ui/icon.svg')).headers['cache-control']).toBe('no-cache');
});

test.each(['/ui/assets/gone-2.js', '/ui/assets/../../package.json', '/ui/assets/%2e%2e%2f%2e%2e%2fpackage.json'])(
  '%s is not there',
  async (url) => expect((await get(url)).statusCode).toBe(404),
);

test('what the build keeps for itself is not handed out', async () => {
  expect((await get('/ui/.vite/manifest.json')).body).not.toBe('{}');
});

test.each([
  ['/', './ui'],
  ['/live', './live/ui'],
  ['/live/', './ui'],
])('a browser that opens %s is sent to the console', async (url, location) => {
  const answer = await get(url, { accept: 'text/html,application/xhtml+xml' });
  expect(answer.statusCode).toBe(302);
  expect(answer.headers.location).toBe(location);
});

test('a program that asks for / is told that there is nothing, as ever', async () => {
  expect((await get('/', { accept: '*/*' })).statusCode).toBe(404);
  const answer = await server.app.inject({ method: 'GET', url: '/' });
  expect(answer.json()).toMatchObject({ error: 'not_found', status: 'KO' });
});

test('a server without the page starts, and says how to get it', async () => {
  const bare = await open(join(folder, 'nothing-here'));
  const answer = await bare.inject({ method: 'GET', url: '/ui' });
  expect(answer.statusCode).toBe(404);
  expect(answer.body).toContain('npm run build -w console');
  await bare.close();
});
