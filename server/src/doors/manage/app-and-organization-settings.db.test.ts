// Every setting of an app and of an organization, by its descriptor: default, values at the bounds and beyond, null.

import { appSettings } from '@overair/protocol/manage/app-settings';
import { organizationSettings } from '@overair/protocol/manage/organization-settings';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { APP, buildFixture, keyValue, type Names } from './testing/fixture.ts';
import { badValues, describeSettings, goodValues } from './testing/setting-values.ts';

let server: TestServer;
let names: Names;

beforeAll(async () => {
  server = await startTestServer();
  names = await buildFixture(server.database.db);
});
afterAll(() => server.close());

// Made as a hashed key: it goes on working when the organization demands that.
const headers = { authorization: keyValue('HASH') };

async function call(method: 'GET' | 'PUT' | 'POST', url: string, body?: object) {
  const payload = body && JSON.stringify(body);
  const answer = await server.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json() };
}

describe.each(describeSettings(appSettings))('$name of an app', ({ name, setting }) => {
  const save = (value: unknown) => call('PUT', `/app/${APP}`, { [name]: value });

  test('is stored and shown', async () => {
    for (const value of goodValues(setting)) {
      expect(await save(value)).toMatchObject({ status: 200, body: { [name]: value } });
      expect((await call('GET', `/app/${APP}`)).body).toMatchObject({ [name]: value });
    }
  });

  test('what it cannot be is refused, and changes nothing', async () => {
    const before = (await call('GET', `/app/${APP}`)).body;
    const bad = [...badValues(setting), ...(setting.default === null ? [] : [null])];
    for (const value of bad) expect([value, (await save(value)).status]).toEqual([value, 400]);
    expect((await call('GET', `/app/${APP}`)).body).toEqual(before);
  });
});

test('a new app has the defaults of the descriptors', async () => {
  const created = await call('POST', '/app', { app_id: 'com.new.app', name: 'New', owner_org: names['ORG_A'] });
  const defaults = Object.fromEntries(
    describeSettings(appSettings).map(({ name, setting }) => [name, setting.default]),
  );
  expect(created.body).toMatchObject(defaults);
});

test.each(describeSettings(appSettings).filter(({ setting }) => setting.decides))(
  '$name is known to /updates as soon as it is saved',
  async ({ name, setting, column }) => {
    for (const value of goodValues(setting)) {
      await call('PUT', `/app/${APP}`, { [name]: value });
      expect(await server.parts.snapshots.get(APP)).toMatchObject({ [column]: value });
    }
  },
);

/** Demands that the caller of this test does not meet have their rows in the conformance table. */
const demands = ['enforcing_2fa', 'require_apikey_expiration'];

describe.each(describeSettings(organizationSettings).filter(({ name }) => !demands.includes(name)))(
  '$name of an organization',
  ({ name, setting }) => {
    const save = (value: unknown) => call('PUT', '/organization', { orgId: names['ORG_A'], [name]: value });

    test('is stored and shown, and null keeps what has no null', async () => {
      for (const value of goodValues(setting)) {
        expect(await save(value)).toMatchObject({ status: 200, body: { data: { [name]: value } } });
        const after = setting.default === null ? null : value;
        expect(await save(null)).toMatchObject({ status: 200, body: { data: { [name]: after } } });
      }
    });

    test('what it cannot be is refused by its code', async () => {
      for (const value of badValues(setting)) {
        const error = setting.invalid?.code ?? 'invalid_body';
        expect([value, await save(value)]).toMatchObject([value, { status: 400, body: { error } }]);
      }
    });
  },
);
