// /web and /app: browsers and phones register, label themselves and report. No secret of the app is needed or given.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { parseAppRegistration, parseWebRegistration } from '../../push/audience/client-registration.ts';
import {
  changeDevice,
  deleteDevice,
  findDeviceSecret,
  getDevice,
  listDeviceTags,
} from '../../push/audience/devices.ts';
import { parseDeviceChange } from '../../push/audience/labels.ts';
import { registerLiveActivity, registerVoipToken } from '../../push/audience/phone-tokens.ts';
import { type Registration, registerDevice } from '../../push/audience/registration.ts';
import { type ReportType, recordReport } from '../../push/delivery/reports.ts';
import { pushError } from '../../push/message/errors.ts';
import { Fields, type JsonObject, parseMsgId } from '../../push/message/fields.ts';
import { findPushAppByKey, type PushApp } from '../../push/owner/apps.ts';
import type { PushRoom } from '../../push/room.ts';
import type { Access } from './access.ts';
import { DeviceAnswer, Done, done } from './answers.ts';
import { query, readJsonObject } from './input.ts';

const bodyLimit = 8 * 1024;
const REFRESH_SECONDS = 86_400;
const MAX_EVENTS = 20;
const REPORT_TYPES: readonly ReportType[] = ['received', 'displayed', 'clicked', 'closed'];
/** Where the pages inside hybrid apps come from. */
const APP_ORIGINS = [
  'capacitor://localhost',
  'ionic://localhost',
  'https://localhost',
  'http://localhost',
  'app://localhost',
];

const WebConfig = Type.Object({
  vapid_public_key: Type.String(),
  report_url: Type.String(),
  default_icon: Type.String(),
});
const RegisterAnswer = Type.Object({
  registration_id: Type.String(),
  device_secret: Type.Optional(Type.String()),
  vapid_public_key: Type.Optional(Type.String()),
  expires_in: Type.Integer(),
});

export function clientRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  const clients = new Clients(room);
  openToBrowsers(scope);

  scope.get('/web/config', { schema: { response: { 200: WebConfig } } }, async (request, reply) => {
    const app = await clients.app(request, reply, query(request, 'app_key'));
    const sender = await room.providers.find(app.app_id, 'webpush');
    if (!sender) throw pushError(21003, 'the app has no Web Push credential');
    return {
      vapid_public_key: sender.credential.public_key,
      report_url: `${room.publicUrl}/v4/web/report`,
      default_icon: app.default_icon ?? '',
    };
  });

  const registered = { bodyLimit, schema: { response: { 200: RegisterAnswer } } };
  scope.post('/web/register', registered, async (request, reply) => {
    const input = readJsonObject(request);
    const app = await clients.app(request, reply, input.app_key);
    access.registration(request.ip);
    const sender = await room.providers.find(app.app_id, 'webpush');
    if (!sender) throw pushError(21003, 'the app has no Web Push credential');
    const userAgent = request.headers['user-agent'] ?? '';
    const registration = parseWebRegistration(room, app, input, sender.credential, userAgent);
    const answer = await clients.register(app, input, registration);
    return { ...answer, vapid_public_key: sender.credential.public_key };
  });

  scope.post('/app/register', registered, async (request, reply) => {
    const input = readJsonObject(request);
    const app = await clients.app(request, reply, input.app_key);
    access.registration(request.ip);
    if (input.channel === 'apns-voip') return clients.addVoip(app, input);
    return clients.register(app, input, parseAppRegistration(room, app, input, request.headers['user-agent'] ?? ''));
  });

  scope.post('/app/live_activity', { bodyLimit, schema: { response: { 200: Done } } }, async (request, reply) => {
    const input = readJsonObject(request);
    const { app, device } = await clients.device(request, reply, input);
    await registerLiveActivity(room, app.app_id, device.id, input);
    return done;
  });

  scope.post('/web/unregister', { bodyLimit, schema: { response: { 200: Done } } }, async (request, reply) => {
    const { app, device } = await clients.device(request, reply, readJsonObject(request));
    await deleteDevice(room.db, app.app_id, device.registration_id);
    return done;
  });

  scope.post('/web/tags', { bodyLimit, schema: { response: { 200: DeviceAnswer } } }, async (request, reply) => {
    const input = readJsonObject(request);
    const { app, device } = await clients.device(request, reply, input);
    if (!app.client_tags) throw pushError(21003, 'the app does not let clients label themselves');
    await changeDevice(room.db, app.app_id, device.registration_id, parseDeviceChange(input));
    return clients.describe(app, device.registration_id);
  });

  scope.post('/web/me', { bodyLimit, schema: { response: { 200: DeviceAnswer } } }, async (request, reply) => {
    const { app, device } = await clients.device(request, reply, readJsonObject(request));
    return clients.describe(app, device.registration_id);
  });

  for (const url of ['/web/report', '/app/report']) {
    scope.post(url, { bodyLimit, schema: { response: { 200: Done } } }, async (request, reply) => {
      const input = readJsonObject(request);
      const app = await clients.app(request, reply, input.app_key);
      const { device, msg_id, types } = await clients.report(app, input);
      access.report(device.registration_id);
      await recordReport(room, app.app_id, device, msg_id, types);
      return done;
    });
  }
}

/** Answers preflights. Which origins may read the answer is decided by the request itself, which names the app. */
function openToBrowsers(scope: FastifyInstance): void {
  for (const url of ['/web/*', '/app/*']) {
    scope.options(url, async (_request, reply) =>
      reply
        .code(204)
        .headers({
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': 'content-type',
          'access-control-max-age': '86400',
        })
        .send(),
    );
  }
}

class Clients {
  readonly #room: PushRoom;

  constructor(room: PushRoom) {
    this.#room = room;
  }

  /** The app that the client names, when the page it runs in belongs to it. */
  async app(request: FastifyRequest, reply: FastifyReply, app_key: unknown): Promise<PushApp> {
    const app = typeof app_key === 'string' ? await findPushAppByKey(this.#room.db, app_key) : undefined;
    if (!app) throw pushError(21003, 'app_key is unknown');
    if (!app.enabled) throw pushError(21038);
    const { origin } = request.headers;
    if (origin === undefined) return app;
    const own = new URL(this.#room.publicUrl).origin;
    if (![own, ...APP_ORIGINS, ...app.web_origins].includes(origin)) {
      throw pushError(21003, 'this origin is not one of the app');
    }
    reply.headers({ 'access-control-allow-origin': origin, vary: 'origin' });
    return app;
  }

  /** The device that proves itself with its id and secret. */
  async device(request: FastifyRequest, reply: FastifyReply, input: JsonObject) {
    const app = await this.app(request, reply, input.app_key);
    const { registration_id, device_secret } = readProof(input) ?? {};
    const device =
      registration_id === undefined
        ? undefined
        : await findDeviceSecret(this.#room.db, this.#room.vault, app.app_id, registration_id);
    if (!device || !device_secret || !same(device.device_secret, device_secret)) throw pushError(21004);
    return { app, device };
  }

  async register(app: PushApp, input: JsonObject, registration: Registration) {
    const { db, vault } = this.#room;
    const claim = { known: readProof(input), byDeviceId: app.client_tags };
    const { registration_id, device_secret } = await registerDevice(db, vault, app.app_id, registration, claim);
    const labels = app.client_tags ? parseDeviceChange(labelsOf(input)) : undefined;
    if (labels && (labels.addTags.length > 0 || labels.alias !== undefined)) {
      await changeDevice(db, app.app_id, registration_id, labels);
    }
    const secret = device_secret ?? readProof(input)?.device_secret;
    return { registration_id, ...(secret && { device_secret: secret }), expires_in: REFRESH_SECONDS };
  }

  async addVoip(app: PushApp, input: JsonObject) {
    const { db, vault } = this.#room;
    const proof = readProof(input);
    const device = proof && (await findDeviceSecret(db, vault, app.app_id, proof.registration_id));
    if (!device || !same(device.device_secret, proof.device_secret)) throw pushError(21004);
    await registerVoipToken(this.#room, app.app_id, device.id, input);
    return { registration_id: device.registration_id, expires_in: REFRESH_SECONDS };
  }

  async describe(app: PushApp, registration_id: string) {
    const { id, alias } = await getDevice(this.#room.db, app.app_id, registration_id);
    return { tags: await listDeviceTags(this.#room.db, app.app_id, id), alias: alias ?? '' };
  }

  /**
   * A report carries the device's secret, or is signed with it: lines of app_key, registration_id, msg_id and the JSON of
   * events, HMAC-SHA256 in hex.
   */
  async report(app: PushApp, input: JsonObject) {
    const fields = new Fields(input, '');
    const registration_id = fields.text('registration_id', 40) ?? '';
    const msg_id = parseMsgId(input.msg_id);
    if (msg_id === undefined) throw pushError(21003, 'msg_id');
    const { events } = input;
    if (!Array.isArray(events) || events.length > MAX_EVENTS) throw pushError(21003, 'events');
    const { db, vault } = this.#room;
    const device = await findDeviceSecret(db, vault, app.app_id, registration_id);
    const text = [app.app_key, registration_id, String(input.msg_id), JSON.stringify(events)].join('\n');
    const expected = createHmac('sha256', device?.device_secret ?? '')
      .update(text)
      .digest('hex');
    const secret = fields.text('device_secret', 100);
    const isProven =
      secret === undefined ? same(expected, fields.text('sig', 100) ?? '') : same(device?.device_secret ?? '', secret);
    if (!device || !isProven) throw pushError(21004);
    const named = events.map((event: unknown) => (event as { type?: unknown } | null)?.type);
    const types = REPORT_TYPES.filter((type) => named.includes(type));
    return { device, msg_id, types };
  }
}

function readProof(input: JsonObject): { registration_id: string; device_secret: string } | undefined {
  const { registration_id, device_secret } = input;
  return typeof registration_id === 'string' && typeof device_secret === 'string'
    ? { registration_id, device_secret }
    : undefined;
}

/** A registration lists its tags; the label calls add and remove. */
function labelsOf({ tags, alias }: JsonObject): JsonObject {
  return { tags: Array.isArray(tags) ? { add: tags } : tags, alias };
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
