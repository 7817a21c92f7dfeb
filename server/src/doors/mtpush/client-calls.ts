// A client that calls: the app it names, the proof that it is the device it says, and what it reports.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { changeDevice, findDeviceSecret, getDevice, listDeviceTags } from '../../push/audience/devices.ts';
import { registerVoipToken } from '../../push/audience/phone-tokens.ts';
import { type Registration, registerDevice } from '../../push/audience/registration.ts';
import type { ReportType } from '../../push/delivery/reports.ts';
import { Fields, type JsonObject } from '../../push/fields.ts';
import { findPushAppByKey, type PushApp } from '../../push/owner/apps.ts';
import type { PushRoom } from '../../push/room.ts';
import { parseDeviceChange } from './dialect/labels.ts';
import { parseMsgId } from './dialect/msg-id.ts';
import { pushError } from './dialect/numbers.ts';
import { parseIphoneToken } from './dialect/registration.ts';

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

/** A registration that has proved itself. */
export type ClientDevice = NonNullable<Awaited<ReturnType<typeof findDeviceSecret>>>;

export class Clients {
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
    const { app_id } = app;
    await registerVoipToken(this.#room, { app_id, device: device.id }, parseIphoneToken(this.#room, input));
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
