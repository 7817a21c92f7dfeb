// Alerts by mail: to a mail server that speaks the real protocol, once each, and again where it was not taken.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../config.ts';
import { type FakeSmtp, startFakeSmtp } from '../testing/fake-smtp.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { DAY_MS } from '../utc-day.ts';
import { noticeMatters } from './notice.ts';
import { sendMails } from './send-mails.ts';

const app_id = 'com.example.mailed';
const from = 'Overair <overair@example.test>';
let smtp: FakeSmtp;
let server: TestServer;
let other: TestServer;
beforeAll(async () => {
  smtp = await startFakeSmtp();
  const mail = { url: `smtp://user:secret%20word@127.0.0.1:${smtp.port}`, from };
  server = await startTestServer({ mail });
  other = await startTestServer({ mail }, server.database);
  await db().insertInto('apps').values({ app_id, owner_org: server.orgId, name: 'Mailed' }).execute();
});
afterAll(async () => {
  await other.close();
  await server.close();
  await smtp.close();
});
beforeEach(async () => {
  for (const list of [smtp.mails, smtp.recipients, smtp.credentials, smtp.refusals]) list.splice(0);
  await db().deleteFrom('checks_hourly').execute();
  await db().deleteFrom('attention_matters').execute();
  await db().deleteFrom('alert_mails').execute();
  await writeTo('owner@example.test');
});

const db = () => server.database.db;
const writeTo = (management_email: string) =>
  db().updateTable('orgs').set({ management_email }).where('id', '=', server.orgId).execute();
const look = () => noticeMatters(server.parts.attention, new Date());
const send = () => Promise.all([server, other, server].map(({ parts }) => sendMails(parts.attention)));
const retryIsDue = () => server.database.query('update alert_mails set next_attempt_at = now()');

async function addChecks(count: number, agoMs: number): Promise<void> {
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const hours = [-1, 0, 1].map((hours) => new Date(hour + hours * 3_600_000 - agoMs));
  await db()
    .insertInto('checks_hourly')
    .values(hours.map((hour) => ({ app_id, hour, count })))
    .onConflict((conflict) => conflict.columns(['app_id', 'hour', 'slot']).doUpdateSet({ count }))
    .execute();
}

/** Headers and text as a reader sees them. */
const unfolded = (mail: string) => mail.replaceAll('=\r\n', '').replaceAll('=3D', '=').replaceAll('\r\n ', ' ');

test('a matter is mailed once, with what to do about it, and once more when it is over', async () => {
  await addChecks(500, 7 * DAY_MS);
  await look();
  await look();
  await send();
  await send();
  expect(smtp.recipients).toEqual(['owner@example.test']);
  expect(smtp.credentials[0]).toBe('\0user\0secret word');
  const [mail] = smtp.mails.map(unfolded);
  expect(mail).toMatch(/^From: Overair <overair@example\.test>/m);
  expect(mail).toMatch(/^Subject: The devices of com\.example\.mailed asked 0 times/m);
  expect(mail).toMatch(/^Message-ID: <[0-9a-f-]{36}@example\.test>/m);
  expect(mail).toContain(`overair statistics app ${app_id}`);
  expect(mail).toContain(`http://updates.test/ui/app/${app_id}`);
  await addChecks(500, 0);
  await look();
  await server.database.query(`update attention_matters set missing_since = now() - interval '6 minutes'`);
  await look();
  await send();
  expect(smtp.mails.map(unfolded)[1]).toMatch(/^Subject: Over: The devices of com\.example\.mailed/m);
  expect(smtp.mails).toHaveLength(2);
});

test('what was not taken is sent again later, as the same mail', async () => {
  await addChecks(500, 7 * DAY_MS);
  await look();
  smtp.refusals.push('451 4.7.1 come back later');
  await send();
  expect(smtp.mails).toEqual([]);
  const rows = await db().selectFrom('alert_mails').select(['id', 'status', 'attempts', 'failure']).execute();
  expect(rows).toMatchObject([{ status: 'pending', attempts: 1, failure: expect.stringContaining('come back later') }]);
  expect(rows[0]!.failure).not.toContain('secret');
  await send();
  expect(smtp.mails).toEqual([]);
  await retryIsDue();
  await send();
  expect(smtp.mails).toHaveLength(1);
  expect(smtp.mails[0]).toContain(`<${rows[0]!.id}@example.test>`);
  expect(await db().selectFrom('alert_mails').select('status').execute()).toEqual([{ status: 'sent' }]);
});

test('nobody is written to at the placeholder of a server that was not set up', async () => {
  await writeTo('admin@localhost');
  await addChecks(500, 7 * DAY_MS);
  await look();
  expect(await db().selectFrom('alert_mails').selectAll().execute()).toEqual([]);
});

test('settings that cannot work are refused by name, and no password is repeated', () => {
  const load = (env: Record<string, string>) => () =>
    loadConfig({ OVERAIR_SECRET: 'a'.repeat(32), OVERAIR_SMTP_URL: 'smtps://u:secret@mail.test', ...env });
  expect(load({})).toThrow(/OVERAIR_SMTP_URL needs OVERAIR_MAIL_FROM/);
  expect(load({ OVERAIR_MAIL_FROM: 'nobody' })).toThrow(/OVERAIR_MAIL_FROM/);
  expect(load({ OVERAIR_SMTP_URL: 'ftp://u:secret@mail.test' })).toThrow(/^(?!.*secret).*OVERAIR_SMTP_URL must be/s);
  expect(load({ OVERAIR_MAIL_FROM: from })().mail).toEqual({ url: 'smtps://u:secret@mail.test', from });
});
