// A second person without a browser: invited from the command line, joins by the token, works with the key of the answer.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';
import { aProject, ours } from './programs.ts';

const UPDATER = '8.51.23';

let server: RunningServer;
let data: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  data = await temporaryFolder('invitation');
  server = await startServer({ dataDir: data.path, fromSource: true });
});
afterAll(async () => {
  await server?.stop();
  await data?.remove();
});

const cli = (args: string[], key: string) =>
  ours(aProject(UPDATER), [...args, '--json'], { OVERAIR_SERVER: server.url, OVERAIR_TOKEN: key });

test('from the invitation to a second organization', async () => {
  const owner = server.adminKey!;
  const invited = await cli(['organization', 'invite', 'ann@example.com', '--role', 'super_admin'], owner);
  const { invite_link } = invited.json<{ data: { invite_link: string } }>().data;

  expect(invite_link).toMatch(new RegExp(`^${server.url}/ui/invite/[\\w-]{43}$`));
  const token = invite_link.split('/').at(-1);
  const accept = () =>
    fetch(`${server.url}/invitation/accept`, { method: 'POST', body: JSON.stringify({ token }) }).then(
      async (answer) => (await answer.json()) as Record<string, string>,
    );
  const { key = '' } = await accept();

  expect((await cli(['app', 'add', 'com.example.ann', '--name', 'Ann'], key)).code).toBe(0);
  expect((await cli(['apikey', 'create', 'ci'], key)).json()).toMatchObject({ mode: 'upload' });
  const { id } = (await cli(['organization', 'add', 'Second one'], owner)).json<{ id: string }>();
  await cli(['organization', 'invite', 'ann@example.com', '--role', 'write', '--org', id], owner);
  expect((await cli(['organization', 'invitations'], key)).json()).toMatchObject([{ org_id: id, name: 'Second one' }]);
  expect((await cli(['organization', 'accept'], key)).json()).toEqual({
    org_id: id,
    name: 'Second one',
    role: 'write',
  });
  expect((await cli(['organization', 'accept'], key)).json()).toMatchObject({ error: 'no_invitation' });

  const again = await accept();
  expect(again['error']).toBe('invalid_invitation');
  expect(again['message']).toContain('overair organization accept');
});
