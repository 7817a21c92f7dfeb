// What lies between the program and its server: forward proxies, reverse proxies with opinions, ports that speak another scheme.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startForwardProxy } from './testing/forward-proxy.ts';
import { aLoggedInProject } from './testing/logged-in-project.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 60_000 });

/** Known to no resolver: only a proxy leads there. */
const FAR = 'updates.corp.invalid';
/** The one of the server's tests: another package, so not by an import that the compiler follows. */
const CERTIFICATE = new URL('../../server/src/testing/loopback-certificate.ts', import.meta.url).href;
const portOf = (url: string) => Number(new URL(url).port);

describe('a forward proxy', () => {
  it.each(['HTTP_PROXY', 'http_proxy'])(
    'of %s takes every call: JSON, streams, resumable uploads, probe',
    async (name) => {
      const { server, run } = await aLoggedInProject({ 'www/video.mp4': randomBytes(10 << 20) });
      const proxy = await startForwardProxy(portOf(server.url));
      const env = { OVERAIR_SERVER: `http://${FAR}`, [name]: proxy.url };
      const upload = await run(['bundle', 'upload', '--delta', '--no-channel'], env);
      expect([upload.code, upload.json().sent_files]).toEqual([0, 4]);
      expect(server.uploads.size).toBe(2);
      expect((await run(['probe', '--platform', 'android'], env)).json().error).toBe('no_channel');
      expect(new Set(proxy.asked)).toEqual(new Set([`${FAR}:80`]));
    },
  );

  it('is not asked for this machine', async () => {
    const { server, run } = await aLoggedInProject();
    const proxy = await startForwardProxy(portOf(server.url));
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, http_proxy: proxy.url };
    for (const host of ['127.0.0.1', 'localhost', '127.0.0.2']) {
      const near = { ...env, OVERAIR_SERVER: `http://${host}:${portOf(server.url)}` };
      await run(['channel', 'list'], near);
    }
    expect((await run(['channel', 'list'], env)).code).toBe(0);
    expect(proxy.asked).toEqual([]);
  });

  it.each(['NO_PROXY', 'no_proxy'])('is not asked for hosts of %s', async (name) => {
    const { server, run } = await aLoggedInProject();
    const proxy = await startForwardProxy(portOf(server.url));
    const outcome = await run(['channel', 'list'], {
      OVERAIR_SERVER: `http://${FAR}`,
      HTTP_PROXY: proxy.url,
      [name]: '.corp.invalid',
    });
    expect(outcome.json()).toMatchObject({
      error: 'server_unreachable',
      message: expect.not.stringContaining('proxy'),
    });
    expect(proxy.asked).toEqual([]);
  });

  it('is told its password, which no message repeats', async () => {
    const { server, run } = await aLoggedInProject();
    const proxy = await startForwardProxy(portOf(server.url), 'ann:s3cret');
    const host = new URL(proxy.url).host;
    const env = { OVERAIR_SERVER: `http://${FAR}` };
    expect((await run(['channel', 'list'], { ...env, HTTP_PROXY: `http://ann:s3cret@${host}` })).code).toBe(0);
    const refused = await run(['channel', 'list'], { ...env, HTTP_PROXY: `http://ann:wr0ng@${host}` });
    expect(refused.json()).toMatchObject({ message: expect.stringContaining(`by the proxy ${host}`) });
    expect(refused.json().hint).toMatch(/password/);
    expect(refused.stdout + refused.stderr).not.toContain('wr0ng');
  });

  it('may be written without http://, but must be one of http', async () => {
    const { server, run } = await aLoggedInProject();
    const proxy = await startForwardProxy(portOf(server.url));
    const env = { OVERAIR_SERVER: `http://${FAR}` };
    expect((await run(['channel', 'list'], { ...env, HTTP_PROXY: new URL(proxy.url).host })).code).toBe(0);
    const socks = await run(['channel', 'list'], { ...env, HTTP_PROXY: 'socks5://ann:s3cret@127.0.0.1:1080' });
    expect(socks.json().error).toBe('invalid_proxy');
    expect(socks.stdout).not.toContain('s3cret');
  });
});

describe('a reverse proxy that answers in the place of the server', () => {
  const page = (title: string) => `<html><head><title>${title}</title></head><body>nginx</body></html>`;

  it('and limits bodies gets smaller parts', async () => {
    const { server, run } = await aLoggedInProject({
      'www/video.mp4': randomBytes(3 << 20),
      'www/a.mp4': randomBytes(9 << 20),
    });
    const limit = 1 << 20;
    server.front = ({ headers }) =>
      Number(headers['content-length'] ?? 0) > limit
        ? { status: 413, body: page('413 Request Entity Too Large') }
        : undefined;
    const outcome = await run(['bundle', 'upload', '--delta', '--no-channel']);
    expect([outcome.code, outcome.stdout]).toEqual([0, expect.stringContaining('"delta_files": 4')]);
    for (const { sha256 } of server.bundles[0]!.manifest as { sha256: string }[]) {
      expect(server.blobs.has(sha256)).toBe(true);
    }
  });

  it.each([
    [413, 'proxy_body_limit', /client_max_body_size/],
    [403, 'proxy_refused', /firewall/],
    [503, 'proxy_unavailable', /is it running/],
    [404, 'unexpected_answer', /address/],
  ])('with %i is told apart from it', async (status, code, hint) => {
    const { server, run } = await aLoggedInProject();
    server.front = () => ({ status, body: page('Go away') });
    expect((await run(['channel', 'list'])).json()).toMatchObject({
      error: code,
      message: expect.stringMatching(/nginx.*which is not the Overair server.*Go away/),
      hint: expect.stringMatching(hint),
    });
  });

  it('is told apart when it speaks JSON too', async () => {
    const { server, run } = await aLoggedInProject();
    server.front = () => ({ status: 403, body: '{"error":"Forbidden","message":"Access denied by policy"}' });
    expect((await run(['channel', 'list'])).json()).toMatchObject({ error: 'proxy_refused' });
  });
});

describe('a port that speaks another scheme', () => {
  it('https on a port of http', async () => {
    const { server, run } = await aLoggedInProject();
    const outcome = await run(['channel', 'list'], { OVERAIR_SERVER: server.url.replace('http:', 'https:') });
    expect(outcome.json()).toMatchObject({
      error: 'wrong_scheme',
      message: expect.stringContaining('speaks http, not https'),
    });
    expect(outcome.json().hint).toContain(server.url);
  });

  it('http on a port of https', async () => {
    const { run } = await aLoggedInProject();
    const { loopbackKey, loopbackCertificate } = await import(CERTIFICATE);
    const secure = createServer({ key: loopbackKey, cert: loopbackCertificate }, (_, response) => response.end());
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      secure.close();
    });
    const host = `127.0.0.1:${(secure.address() as AddressInfo).port}`;
    const outcome = await run(['channel', 'list'], { OVERAIR_SERVER: `http://${host}` });
    expect(outcome.json()).toMatchObject({ error: 'wrong_scheme', hint: expect.stringContaining(`https://${host}`) });
  });
});
