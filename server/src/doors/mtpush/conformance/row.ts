// What a row of the conformance table is: its number, its sentence, and how it is seen to hold.

import { expect } from 'vitest';
import type { Answer, PushWorld, TestApp, TestBrowser } from '../../../testing/push-world.ts';

/** The ground that all rows share: an app with one browser. */
export interface Ground {
  readonly world: PushWorld;
  readonly app: TestApp;
  readonly browser: TestBrowser;
}

export interface Row {
  readonly id: number;
  readonly title: string;
  readonly run: (ground: Ground) => Promise<void>;
}

/** A valid web notification. */
export const web = { alert: 'x', title: 't', url: 'https://e.x/' };
/** A valid web body: W of the table. */
export const W = { platform: 'web', notification: { web } };
export const toAll = { to: 'all', body: W };

export function bodyWith(options: object): object {
  return { to: 'all', body: { ...W, options } };
}

export const push = ({ world, app }: Ground, body: unknown): Promise<Answer> =>
  world.call(app, 'POST', '/v4/push', body);

export function expectError(answer: Answer, status: number, code: number): void {
  expect({ status: answer.status, code: answer.json?.error?.code }).toEqual({ status, code });
  expect(typeof answer.json.error.message).toBe('string');
}

/** A row about one wrong push of the app. */
export function refused(id: number, title: string, body: unknown, status: number, code: number): Row {
  return {
    id,
    title,
    async run(ground) {
      expectError(await push(ground, body), status, code);
    },
  };
}

interface Numbers {
  readonly targets: number;
  readonly sent: number;
  readonly delivered: number;
}

/** Waits for the message and reads its totals through the door. */
export async function numbersOf(world: PushWorld, app: TestApp, msg_id: string | number): Promise<Numbers> {
  await world.settle(msg_id);
  const answer = await world.call(app, 'GET', `/v4/status/detail?message_ids=${msg_id}`);
  return answer.json[String(msg_id)];
}

/** Pushes and waits; the answer's `msg_id`. */
export async function pushed(world: PushWorld, app: TestApp, body: unknown): Promise<string> {
  const answer = await world.call(app, 'POST', '/v4/push', body);
  expect(answer).toMatchObject({ status: 200, json: { msg_id: expect.stringMatching(/^\d+$/) } });
  await world.settle(answer.json.msg_id);
  return answer.json.msg_id;
}

export async function setTags(world: PushWorld, app: TestApp, registration_id: string, tags: readonly string[]) {
  const answer = await world.call(app, 'POST', `/v4/devices/${registration_id}`, { tags: { add: tags } });
  expect(answer.status).toBe(200);
}

/** One delivery as it is stored. */
export function findDelivery(world: PushWorld, msg_id: string | number, registration_id: string) {
  return world.server.database.db
    .selectFrom('push_deliveries')
    .selectAll()
    .where('msg_id', '=', Number(msg_id))
    .where('registration_id', '=', registration_id)
    .executeTakeFirst();
}

export function findDevice(world: PushWorld, registration_id: string) {
  return world.server.database.db
    .selectFrom('push_devices')
    .selectAll()
    .where('registration_id', '=', registration_id)
    .executeTakeFirst();
}

/** Reports as a client does, signed with the device's secret. */
export async function report(world: PushWorld, app: TestApp, browser: TestBrowser, msg_id: string, types: string[]) {
  const { createHmac } = await import('node:crypto');
  const events = types.map((type) => ({ type, itime: Math.floor(Date.now() / 1000) }));
  const { registration_id } = browser;
  const text = [app.app_key, registration_id, msg_id, JSON.stringify(events)].join('\n');
  const sig = createHmac('sha256', browser.device_secret).update(text).digest('hex');
  const body = { app_key: app.app_key, registration_id, msg_id, events, sig };
  return world.call(undefined, 'POST', '/v4/web/report', body);
}
