// Errors that name what is missing, run as programs against a stand-in server.

import { expect, it, vi } from 'vitest';
import { explainFailure } from './failure.ts';
import { aLoggedInProject } from './testing/logged-in-project.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 60_000 });

it('names the channel, and the one that was meant', async () => {
  const { server, run } = await aLoggedInProject();
  server.channels.push({ id: 1, name: 'production', public: true, version: null });
  expect((await run(['channel', 'set', 'prodction', '--default'])).json()).toMatchObject({
    error: 'channel_not_found',
    message: 'com.example.tiny has no channel prodction.',
    hint: 'Did you mean production?',
    near: ['production'],
  });
  expect((await run(['channel', 'delete', 'staging', '--yes'])).json()).toMatchObject({
    error: 'channel_not_found',
    hint: 'It has production.',
  });
});

it('names the app, and the one that was meant', async () => {
  const { run } = await aLoggedInProject();
  expect((await run(['bundle', 'upload', 'com.example.tini'])).json()).toMatchObject({
    error: 'cannot_find_app',
    hint: expect.stringContaining('Did you mean com.example.tiny?'),
  });
});

const denied = (request: string, code = 'cannot_access_app', message = "You can't access this app") =>
  explainFailure(Object.assign(new Error(message), { name: 'ApiError', status: 400, code, moreInfo: {}, request }))
    .hint;

it.each([
  ['DELETE /app/com.example.app', '--mode all, approved by an admin'],
  ['DELETE /channel', '--mode all, approved by an admin'],
  ['POST /webhooks', '--mode all, approved by an admin'],
  ['POST /channel', '--mode write'],
  ['DELETE /bundle', '--mode write'],
  ['POST /bundle', '--mode upload'],
  ['GET /device', '--mode read'],
])('a key that may not %s is told which login gives one that may', (request, words) => {
  expect(denied(request)).toContain(words);
});
