// Whoever hands a key to a server without encryption hears of it before the key leaves, on every way to log in.

import { expect, it, vi } from 'vitest';
import { API_KEY, startFakeServer } from './testing/fake-server.ts';
import { aProject, overair } from './testing/project.ts';
import { DOWN, ENTER, inTerminal } from './testing/terminal.ts';

vi.setConfig({ testTimeout: 60_000 });

const warning = 'the API key can be read on the way';

/** The fake server under an address that reaches this machine and is none of its loopback addresses. */
async function aServerFarAway() {
  const server = await startFakeServer();
  return server.url.replace(/127\.0\.0\.1|localhost/, '0.0.0.0');
}

it.each([
  ['an argument', ['login', API_KEY], {}],
  ['--apikey', ['login', '--apikey', API_KEY], {}],
  ['the environment', ['login'], { OVERAIR_TOKEN: API_KEY }],
])('login with a key from %s', async (_from, args, env) => {
  const outcome = await overair(aProject(), [...args, '--server', await aServerFarAway()], { env });
  expect(outcome.code).toBe(0);
  expect(outcome.stderr.split(warning)).toHaveLength(2);
});

it('login with a pasted key is warned before it is pasted', async () => {
  const terminal = inTerminal(aProject(), ['login', '--server', await aServerFarAway()]);
  await terminal.waitFor('Paste an API key');
  expect(terminal.screen()).toContain(warning);
  terminal.type(DOWN + ENTER);
  await terminal.waitFor('API key for');
  terminal.type(API_KEY + ENTER);
  expect(await terminal.ended).toBe(0);
});

it('login in the browser is warned before it opens', async () => {
  const args = ['login', '--browser', '--server', await aServerFarAway()];
  const terminal = inTerminal(aProject(), args, { BROWSER: 'none' });
  await terminal.waitFor(warning);
});

it.each(['localhost', '127.0.0.1', '127.9.8.7', 'app.localhost', '[::1]'])('%s is this machine', async (host) => {
  const outcome = await overair(aProject(), ['login', API_KEY, '--server', `http://${host}:9`]);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).not.toContain(warning);
});
