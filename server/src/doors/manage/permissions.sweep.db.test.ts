// The permission matrix: every route × every key mode, session and role × own, foreign and unknown organization or app.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashKey } from '../../accounts/keys.ts';
import { type Right, rank } from '../../accounts/rights.ts';
import { signed } from '../../accounts/sign-in/cookies.ts';
import type { KeyMode, UserRight } from '../../db/tables/accounts.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { buildFixture, keyValue, type Names } from './testing/fixture.ts';
import { type Entry, openToAll, permissionTable, unrestrictedOnly } from './testing/permission-table.ts';
import { pushPermissionTable } from './testing/permission-table-push.ts';

interface CallerFacts {
  name: string;
  role: UserRight;
  mode: KeyMode;
  isPending?: true;
  /** A person who is signed in, without any key. */
  isSession?: true;
  limit?: 'this app' | 'another app' | 'this org' | 'another org' | 'production';
  /** Roles bound instead of a mode. */
  roles?: BoundRole[];
}

const boundRights = {
  org_admin: { org: 'admin', app: 'admin' },
  org_member: { org: 'read', app: 'read' },
  app_admin: { app: 'app_admin' },
  app_uploader: { app: 'upload' },
  app_reader: { app: 'read' },
  channel_admin: { channel: 'app_admin' },
  channel_developer: { channel: 'write' },
  channel_uploader: { channel: 'upload' },
  channel_reader: { channel: 'read' },
} as const satisfies Record<string, { org?: Right; app?: Right; channel?: Right }>;
type BoundRole = keyof typeof boundRights;

const callers: CallerFacts[] = [
  { name: 'read key', role: 'super_admin', mode: 'read' },
  { name: 'upload key', role: 'super_admin', mode: 'upload' },
  { name: 'write key', role: 'super_admin', mode: 'write' },
  { name: 'all key of a reader', role: 'read', mode: 'all' },
  { name: 'all key of an uploader', role: 'upload', mode: 'all' },
  { name: 'all key of a writer', role: 'write', mode: 'all' },
  { name: 'all key of an admin', role: 'admin', mode: 'all' },
  { name: 'all key of a super admin', role: 'super_admin', mode: 'all' },
  { name: 'write key of a reader', role: 'read', mode: 'write' },
  { name: 'read key of an admin', role: 'admin', mode: 'read' },
  { name: 'all key for this app', role: 'super_admin', mode: 'all', limit: 'this app' },
  { name: 'upload key for this app', role: 'super_admin', mode: 'upload', limit: 'this app' },
  { name: 'all key for another app', role: 'super_admin', mode: 'all', limit: 'another app' },
  { name: 'all key for this organization', role: 'super_admin', mode: 'all', limit: 'this org' },
  { name: 'all key for another organization', role: 'super_admin', mode: 'all', limit: 'another org' },
  { name: 'all key for production', role: 'super_admin', mode: 'all', limit: 'production' },
  { name: 'write key for production', role: 'super_admin', mode: 'write', limit: 'production' },
  { name: 'upload key for production', role: 'super_admin', mode: 'upload', limit: 'production' },
  { name: 'read key for production', role: 'super_admin', mode: 'read', limit: 'production' },
  { name: 'all key of a reader for production', role: 'read', mode: 'all', limit: 'production' },
  ...(Object.keys(boundRights) as BoundRole[]).map(
    (role): CallerFacts => ({ name: `key with ${role}`, role: 'super_admin', mode: 'all', roles: [role] }),
  ),
  { name: 'key with two roles', role: 'super_admin', mode: 'all', roles: ['app_reader', 'channel_developer'] },
  { name: 'key with org_admin of a reader', role: 'read', mode: 'all', roles: ['org_admin'] },
  { name: 'all key of somebody invited', role: 'super_admin', mode: 'all', isPending: true },
  ...(['read', 'upload', 'write', 'admin', 'super_admin'] as const).map(
    (role): CallerFacts => ({ name: `session with ${role}`, role, mode: 'all', isSession: true }),
  ),
  { name: 'session of somebody invited', role: 'super_admin', mode: 'all', isPending: true, isSession: true },
];

const entries = [...permissionTable, ...pushPermissionTable];

let server: TestServer;
let names: Names;

beforeAll(async () => {
  server = await startTestServer({ deviceRateLimit: 0 });
  await rebuild();
});
afterAll(() => server.close());

async function rebuild(): Promise<void> {
  const { db } = server.database;
  names = await buildFixture(db);
  const org_id = String(names['ORG_A']);
  const emails = callers.map((_, at) => ({ email: `caller-${at}@example.test` }));
  const users = await db.insertInto('users').values(emails).returning('id').execute();
  const each = callers.map((caller, at) => ({ caller, user_id: users[at]!.id }));
  await db
    .insertInto('org_users')
    .values(
      each.map(({ caller, user_id }) => ({
        org_id,
        user_id,
        user_right: caller.role,
        is_invite: caller.isPending === true,
      })),
    )
    .execute();
  await signInAgain(each.filter(({ caller }) => caller.isSession));
  const withKeys = each.filter(({ caller }) => !caller.isSession);
  await db
    .insertInto('apikeys')
    .values(
      withKeys.map(({ caller, user_id }) => ({
        user_id,
        key_hash: hashKey(keyValue(caller.name)),
        name: caller.name,
        ...limitsOf(caller),
        mode: caller.roles ? null : caller.mode,
        bindings: caller.roles ? JSON.stringify(caller.roles.map(bindingOf)) : null,
      })),
    )
    .execute();
}

const tokenOf = (name: string) => `token of ${name}`;

async function signInAgain(people: { caller: CallerFacts; user_id: string }[]): Promise<void> {
  const expires_at = new Date(Date.now() + 3_600_000);
  const rows = people.map(({ caller, user_id }) => ({ user_id, token: tokenOf(caller.name), expires_at }));
  await server.database.db.insertInto('auth_sessions').values(rows).execute();
  // The people of before are gone, and their rows are others.
  for (const { token } of rows) server.parts.signIn.sessions.forget(token);
}

function credential({ name, isSession }: Pick<CallerFacts, 'name' | 'isSession'>): Record<string, string> {
  if (!isSession) return { authorization: keyValue(name) };
  const { cookies, secret, publicOrigin } = server.parts.signIn;
  const value = encodeURIComponent(signed(tokenOf(name), secret));
  return { cookie: `${cookies.session}=${value}`, origin: publicOrigin };
}

function limitsOf({ limit }: CallerFacts) {
  const apps = { 'this app': String(names['APP']), 'another app': 'com.lim.app' } as Record<string, string>;
  const orgs = { 'this org': String(names['ORG_A']), 'another org': '00000000-0000-4000-8000-000000000000' } as Record<
    string,
    string
  >;
  const listed = (from: Record<string, string>) => (limit && from[limit] ? [from[limit]] : []);
  const limited_to_channels = limit === 'production' ? [Number(names['C1'])] : [];
  return { limited_to_apps: listed(apps), limited_to_orgs: listed(orgs), limited_to_channels };
}

const bindingOf = (role_name: BoundRole) => ({
  role_name,
  scope_type: role_name.split('_')[0],
  org_id: names['ORG_A'],
  app_id: role_name.startsWith('org_') ? null : names['UUID'],
  channel_id: role_name.startsWith('channel_') ? names['C1'] : null,
  reason: null,
});

const byMode: Record<KeyMode, Right> = { read: 'read', upload: 'upload', write: 'write', all: 'super_admin' };

const lesser = (one: Right, other: Right) => (rank(one) < rank(other) ? one : other);
const greater = (one: Right, other: Right) => (rank(one) < rank(other) ? other : one);

interface Place {
  on: Entry['on'];
  channel?: Entry['channel'] | undefined;
  uploads?: true | undefined;
}

/** The facts of docs/protocol/management.md §3.4 and §5.1, said a second time and in other words than the server's. Undefined: sees nothing. */
function rightOf({ role, mode, limit, isPending, roles }: CallerFacts, place: Place): Right | undefined {
  if (isPending || limit === 'another app' || limit === 'another org') return undefined;
  if (roles) return boundRight(roles, role, place);
  const most = lesser(role, byMode[mode]);
  if (limit === 'this app' && place.on === 'org') return 'org_reader';
  if (limit !== 'production') return most;
  if (place.on === 'org') return 'org_reader';
  return place.channel === 'production' || (place.uploads && rank(most) >= rank('upload')) ? most : 'app_visitor';
}

function boundRight(roles: BoundRole[], owner: UserRight, { on, channel }: Place): Right {
  const scopes: string[] = on === 'org' ? ['org'] : channel === 'production' ? ['app', 'channel'] : ['app'];
  const found = roles.flatMap((role) =>
    Object.entries(boundRights[role]).flatMap(([scope, right]) => (scopes.includes(scope) ? [right as Right] : [])),
  );
  return lesser(owner, found.reduce<Right>(greater, on === 'org' ? 'org_reader' : 'app_visitor'));
}

/** Of the app it sees single channels alone. */
const isChannelKey = (caller: CallerFacts) => rightOf(caller, { on: 'app' }) === 'app_visitor';

async function send(
  route: string,
  { url, body }: { url?: string | undefined; body?: object | undefined },
  target: string,
  caller: Pick<CallerFacts, 'name' | 'isSession'>,
) {
  const [method, path] = route.split(' ') as ['GET', string];
  const filled = (text: string) =>
    text.replaceAll('{TARGET}', target).replaceAll('"{R1}"', '{R1}').replaceAll('{R1}', String(names['R1']));
  const answer = await server.app.inject({
    method,
    url: filled(url ?? path.replace(/\{\w+\}/, '{TARGET}')),
    headers: credential(caller),
    ...(body && { payload: filled(JSON.stringify(body)) }),
  });
  const parsed = answer.json();
  // The fixture is whole again before the next caller.
  if (method !== 'GET' && answer.statusCode < 300) await rebuild();
  return {
    status: answer.statusCode,
    code: parsed.code ?? parsed.error,
    text: answer.body.replaceAll(target, 'TARGET'),
  };
}

const isLimitedWebhook = (entry: Entry, caller: CallerFacts) =>
  entry.route.includes('/webhooks') &&
  (caller.roles
    ? !caller.roles.some((role) => role.startsWith('org_'))
    : ['this app', 'another app', 'production'].includes(caller.limit ?? ''));

describe.each(entries.map((entry) => ({ ...entry, title: `${entry.route} ${entry.form ?? ''}` })))(
  '$title',
  (entry) => {
    const own = () => String(entry.on === 'app' ? names['APP'] : names['ORG_A']);

    test.each(callers)('$name', async (caller) => {
      const answer = await send(entry.route, entry, own(), caller);
      const right = rightOf(caller, entry);
      const got = { status: answer.status, code: answer.code };
      if (isLimitedWebhook(entry, caller)) expect(got).toEqual({ status: 400, code: 'no_permission' });
      else if (entry.channel === 'beta' && isChannelKey(caller))
        expect(got).toEqual(entry.unseenChannel ?? entry.unseen);
      else if (right === undefined) expect(got).toEqual(entry.unseen);
      else if (rank(right) < rank(entry.least)) {
        const elsewhere = rightOf(caller, { on: 'app', channel: 'production' });
        const isAllowedElsewhere = entry.channel === 'beta' && elsewhere && rank(elsewhere) >= rank(entry.least);
        expect(got).toEqual((isAllowedElsewhere && entry.insufficientChannel) || entry.insufficient);
      } else expect([entry.insufficient, entry.unseen], answer.text).not.toContainEqual(got);
    });

    test('foreign and unknown look the same', async () => {
      const [foreign, unknown] =
        entry.on === 'app'
          ? ['com.other.app', 'com.nope.app']
          : [String(names['ORG_B']), '00000000-0000-4000-8000-00000000dead'];
      for (const caller of [{ name: 'ALL' }, { name: 'session with super_admin', isSession: true } as const]) {
        const answers = [
          await send(entry.route, entry, foreign, caller),
          await send(entry.route, entry, unknown, caller),
        ];
        expect(answers[0]).toMatchObject(entry.unseen);
        expect(answers[0]).toEqual(answers[1]);
      }
    });
  },
);

describe.each(unrestrictedOnly)('$route', (entry) => {
  test.each(callers)('$name', async (caller) => {
    const answer = await send(entry.route, entry, '', caller);
    const got = { status: answer.status, code: answer.code };
    if (caller.mode === 'all' && !caller.limit && !caller.roles) expect(got).not.toEqual(entry.refused);
    else expect(got).toEqual(entry.refused);
  });
});

test.each(callers)('lists show $name only what it may read', async (caller) => {
  const apps = (await server.app.inject({ url: '/app', headers: credential(caller) })).json().data;
  const orgs = (await server.app.inject({ url: '/organization', headers: credential(caller) })).json();
  expect(apps.map((app: { app_id: string }) => app.app_id)).toEqual(
    rightOf(caller, { on: 'app' }) ? [names['APP']] : [],
  );
  expect(orgs.map((org: { id: string }) => org.id)).toEqual(rightOf(caller, { on: 'org' }) ? [names['ORG_A']] : []);
});

test('no route is forgotten', async () => {
  const { paths } = (await server.app.inject('/openapi.json')).json();
  const described = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = [...entries, ...unrestrictedOnly].map(({ route }) => route).concat(openToAll);
  expect([...new Set(known)].sort()).toEqual(described.sort());
});
