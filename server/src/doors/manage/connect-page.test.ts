// The page of GET /connect: what its policy lets run, load, send and frame. That it works is seen in a browser, in e2e/cli.

import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { connectPageRoute } from './connect-page.ts';

async function openPage(url: string) {
  const app = Fastify();
  connectPageRoute(app);
  return app.inject(url);
}

const hashOf = (text: string | undefined) =>
  `'sha256-${createHash('sha256')
    .update(text ?? '')
    .digest('base64')}'`;

test('runs its own script alone, speaks to its own server alone, and cannot be framed', async () => {
  const { headers, body } = await openPage('/connect');
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  expect(String(headers['content-security-policy']).split('; ')).toEqual([
    "default-src 'none'",
    `script-src ${hashOf(/<script>([\s\S]*?)<\/script>/.exec(body)?.[1])}`,
    `style-src ${hashOf(/<style>([\s\S]*?)<\/style>/.exec(body)?.[1])}`,
    'img-src data:',
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]);
  // The icon that stands for none is the only address in it.
  expect(body.replace(/<link rel="icon" href="data:,">/, '')).not.toMatch(/ (on\w+|style|src|href|action)=/);
});

test('is the same whatever its address says', async () => {
  const [plain, nasty] = [await openPage('/connect'), await openPage('/connect?user_code=%22%3E%3Cscript%3Ealert(1)')];
  expect(nasty.body).toBe(plain.body);
});
