// /web and /app: browsers and phones register, label themselves and report. No secret of the app is needed or given.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { changeDevice, deleteDevice } from '../../push/audience/devices.ts';
import { endLiveActivity, registerLiveActivity } from '../../push/audience/phone-tokens.ts';
import { recordReport } from '../../push/delivery/reports.ts';
import type { PushRoom } from '../../push/room.ts';
import type { Access } from './access.ts';
import { DeviceAnswer, Done, done } from './answers.ts';
import { Clients } from './client-calls.ts';
import { parseDeviceChange } from './dialect/labels.ts';
import { pushError } from './dialect/numbers.ts';
import {
  getBrowserTransport,
  parseAppRegistration,
  parseLiveActivityToken,
  parseWebRegistration,
  VOIP_CHANNEL,
} from './dialect/registration.ts';
import { query, readJsonObject } from './input.ts';

const bodyLimit = 8 * 1024;

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
  registrationRoutes(scope, room, access, clients);
  labelRoutes(scope, room, clients);

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

function registrationRoutes(scope: FastifyInstance, room: PushRoom, access: Access, clients: Clients): void {
  scope.get('/web/config', { schema: { response: { 200: WebConfig } } }, async (request, reply) => {
    const app = await clients.app(request, reply, query(request, 'app_key'));
    const { publicKey } = await getBrowserTransport(room, app);
    return {
      vapid_public_key: publicKey,
      report_url: `${room.publicUrl}/v4/web/report`,
      default_icon: app.default_icon ?? '',
    };
  });

  const registered = { bodyLimit, schema: { response: { 200: RegisterAnswer } } };
  scope.post('/web/register', registered, async (request, reply) => {
    const input = readJsonObject(request);
    const app = await clients.app(request, reply, input.app_key);
    access.registration(request.ip);
    const browsers = await getBrowserTransport(room, app);
    const registration = parseWebRegistration(room, browsers, input, request.headers['user-agent'] ?? '');
    const answer = await clients.register(app, input, registration);
    return { ...answer, vapid_public_key: browsers.publicKey };
  });

  scope.post('/app/register', registered, async (request, reply) => {
    const input = readJsonObject(request);
    const app = await clients.app(request, reply, input.app_key);
    access.registration(request.ip);
    if (input.channel === VOIP_CHANNEL) return clients.addVoip(app, input);
    return clients.register(app, input, parseAppRegistration(room, input, request.headers['user-agent'] ?? ''));
  });

  scope.post('/app/live_activity', { bodyLimit, schema: { response: { 200: Done } } }, async (request, reply) => {
    const input = readJsonObject(request);
    const { app, device } = await clients.device(request, reply, input);
    const { live_activity_id, address } = parseLiveActivityToken(room, input);
    const of = { app_id: app.app_id, device: device.id };
    if (address) await registerLiveActivity(room, of, live_activity_id, address);
    else await endLiveActivity(room, of, live_activity_id);
    return done;
  });

  scope.post('/web/unregister', { bodyLimit, schema: { response: { 200: Done } } }, async (request, reply) => {
    const { app, device } = await clients.device(request, reply, readJsonObject(request));
    await deleteDevice(room.db, app.app_id, device.registration_id);
    return done;
  });
}

function labelRoutes(scope: FastifyInstance, room: PushRoom, clients: Clients): void {
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
