// The dangerous acts of docs/protocol/session.md §4.2: each asks a session for a fresh proof, and does nothing without one.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Browser, ownerPassword, setUpOwner } from '../../testing/browser.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const app_id = 'com.dangerous.app';
const group_key = 'a'.repeat(24);
const email = 'colleague@example.test';
const push = { to: 'all', body: { platform: 'all', notification: { alert: 'x' } } };

let server: TestServer;
let owner: Browser;
let keyId: number;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  server = await startTestServer();
  owner = await setUpOwner(server);
  await owner.post('/app', { app_id, name: 'x', owner_org: server.orgId });
  keyId = (await owner.post('/apikey', { name: 'k' })).json.id;
});
afterAll(async () => {
  vi.useRealTimers();
  await server.close();
});

type Act = [route: `${'POST' | 'PUT' | 'DELETE'} ${string}`, body?: () => object];

const orgId = () => server.orgId;

/** In the order of the page. What would be deleted comes last: the fresh run does it all. */
const ACTS: Act[] = [
  ['PUT /organization', () => ({ orgId: orgId(), name: 'Renamed' })],
  ['POST /organization/members', () => ({ orgId: orgId(), email, invite_type: 'read' })],
  ['PUT /organization/members', () => ({ orgId: orgId(), email, role: 'read' })],
  ['DELETE /organization/members', () => ({ orgId: orgId(), email })],
  ['POST /apikey', () => ({ name: 'another' })],
  ['PUT /apikey', () => ({ id: String(keyId), name: 'renamed' })],
  ['PUT /apikey/:id', () => ({ name: 'renamed' })],
  ['DELETE /apikey/:id'],
  ['POST /connect/approve', () => ({ user_code: 'BCDF-GHJK' })],
  ['POST /approval/answer', () => ({ app_id, approval_id: 1, answer: 'approve' })],
  ['POST /push/app/rotate', () => ({ app_id })],
  ['POST /push/group/rotate', () => ({ orgId: orgId(), group_key })],
  ['POST /push/send', () => ({ app_id, push })],
  ['POST /push/group/send', () => ({ orgId: orgId(), group_key, push })],
  ['PUT /push/credential', () => ({ app_id, channel: 'fcm', credential: { any: 'thing' } })],
  ['DELETE /push/credential', () => ({ app_id, channel: 'fcm' })],
  ['DELETE /app/:app_id'],
  ['DELETE /organization', () => ({ orgId: orgId() })],
];

function ask([route, body]: Act, browser: Browser) {
  const [method, path] = route.split(' ') as ['POST' | 'PUT' | 'DELETE', string];
  const url = path.replace(':app_id', app_id).replace(':id', String(keyId));
  return browser.ask(method, url, body?.());
}

const codeOf = ({ json }: { json: { code?: string; error?: string } }) => json.code ?? json.error;

async function state() {
  const { db } = server.database;
  const tables = ['apps', 'orgs', 'org_users', 'invitations', 'apikeys', 'audit_logs'] as const;
  return Promise.all(tables.map((table) => db.selectFrom(table).selectAll().execute()));
}

describe('a quarter of an hour after the last proof', () => {
  beforeAll(() => {
    vi.setSystemTime(Date.now() + 16 * 60_000);
  });

  test.each(ACTS)('%s asks for another one', async (...act) => {
    const before = await state();
    const answer = await ask(act, owner);
    expect({ status: answer.status, code: codeOf(answer), moreInfo: answer.json.moreInfo }).toEqual({
      status: 403,
      code: 'step_up_required',
      moreInfo: { accepted: ['password'] },
    });
    expect(await state()).toEqual(before);
  });
});

describe('with a fresh proof', () => {
  beforeAll(async () => {
    expect((await owner.post('/session/confirm', { password: ownerPassword })).status).toBe(200);
  });

  test.each(ACTS)('%s does not ask', async (...act) => {
    expect(codeOf(await ask(act, owner))).not.toBe('step_up_required');
  });
});
