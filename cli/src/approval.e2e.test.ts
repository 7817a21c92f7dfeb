// Waiting for an approval in the browser, in a terminal, against a server whose answers are written down beforehand.

import { existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { API_KEY } from './testing/fake-server.ts';
import { aProject } from './testing/project.ts';
import { inTerminal } from './testing/terminal.ts';

vi.setConfig({ testTimeout: 60_000 });

type Answer = 'connection lost' | [status: number, body: object];

const refusal = (status: number, error: string): Answer => [
  status,
  { error, message: error, status: 'KO', moreInfo: {} },
];

/** Answers each poll with the next of `polls`; `pollsAtMs` tells when they came. */
async function aServer(polls: Answer[], interval = 1) {
  const pollsAtMs: number[] = [];
  const codes = { device_code: 'd', user_code: 'BCDF-GHJK', expires_in: 600, interval };
  const server = createServer((request, response) => {
    const path = String(request.url).split('?')[0];
    if (path === '/connect/device') return send(response, [200, codes]);
    if (path === '/organization') return send(response, [200, [{ id: 'o', name: 'Acme' }]]);
    pollsAtMs.push(performance.now());
    send(response, polls.shift() ?? refusal(400, 'invalid_grant'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pollsAtMs };
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === 'connection lost') response.destroy();
  else response.writeHead(answer[0], { 'content-type': 'application/json' }).end(JSON.stringify(answer[1]));
}

function aLogin(server: string) {
  const cwd = aProject();
  const terminal = inTerminal(cwd, ['login', '--browser'], { OVERAIR_SERVER: server, BROWSER: 'none' });
  return { terminal, loginFile: join(cwd, 'home/.overair') };
}

it('waits through a lost connection and a server that restarts', async () => {
  const key: Answer = [200, { key: API_KEY }];
  const pending = refusal(400, 'authorization_pending');
  const { url } = await aServer([pending, 'connection lost', refusal(503, 'unknown_error'), pending, key]);
  const { terminal, loginFile } = aLogin(url);
  await terminal.waitFor(`Approve at ${url}/connect?user_code=BCDF-GHJK`);
  expect(await terminal.ended).toBe(0);
  expect(readFileSync(loginFile, 'utf8')).toContain(API_KEY);
});

it('asks less often when it is told to', async () => {
  const { url, pollsAtMs } = await aServer([refusal(400, 'slow_down'), refusal(400, 'access_denied')]);
  const { terminal } = aLogin(url);
  expect(await terminal.ended).toBe(1);
  expect(terminal.screen()).toContain('The owner denied the request.');
  expect(pollsAtMs[1]! - pollsAtMs[0]!).toBeGreaterThan(5_900);
});

it.each([
  ['expired_token', 'Nobody approved in time.'],
  ['invalid_grant', 'invalid_grant'],
])('%s ends the waiting, and nothing is remembered', async (error, sentence) => {
  const { url } = await aServer([refusal(400, error)]);
  const { terminal, loginFile } = aLogin(url);
  expect(await terminal.ended).toBe(1);
  expect(terminal.screen()).toContain(sentence);
  expect(existsSync(loginFile)).toBe(false);
});
