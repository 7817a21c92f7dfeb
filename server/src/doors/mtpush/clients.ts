// /web and /app: browsers and phones register, label themselves and report. No secret of the app is needed or given.

import { Type } from 'typebox';
import { changeDevice, deleteDevice } from '../../push/audience/devices.ts';
import { endLiveActivity, registerLiveActivity } from '../../push/audience/phone-tokens.ts';
import { recordReport } from '../../push/delivery/reports.ts';
import type { PushRoom } from '../../push/room.ts';
import type { Access } from './access.ts';
import { DeviceAnswer, Done, done } from './answers.ts';
import type { Clients } from './client-calls.ts';
import { parseDeviceChange } from './dialect/labels.ts';
import { pushError } from './dialect/numbers.ts';
import {
  getBrowserTransport,
  parseAppRegistration,
  parseLiveActivityToken,
  parseWebRegistration,
  VOIP_CHANNEL,
} from './dialect/registration.ts';
import type { AddRoute } from './route.ts';

const MAX_BODY_BYTES = 8 * 1024;

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

type Limits = Pick<Access, 'registration' | 'report'>;

export function clientRoutes(add: AddRoute, room: PushRoom, limits: Limits, clients: Clients): void {
  openToBrowsers(add);
  registrationRoutes(add, room, limits, clients);
  leavingRoutes(add, room);
  labelRoutes(add, room, clients);

  for (const url of ['/web/report', '/app/report']) {
    add({
      method: 'POST',
      url,
      auth: 'client',
      maxBodyBytes: MAX_BODY_BYTES,
      answer: Done,
      async run({ app, input }) {
        const { device, msg_id, types } = await clients.report(app, input);
        limits.report(device.registration_id);
        await recordReport(room, app.app_id, device, msg_id, types);
        return done;
      },
    });
  }
}

function registrationRoutes(add: AddRoute, room: PushRoom, limits: Limits, clients: Clients): void {
  add({
    method: 'GET',
    url: '/web/config',
    auth: 'client',
    answer: WebConfig,
    async run({ app }) {
      const { publicKey } = await getBrowserTransport(room, app);
      return {
        vapid_public_key: publicKey,
        report_url: room.reportUrl,
        default_icon: app.default_icon ?? '',
      };
    },
  });

  add({
    method: 'POST',
    url: '/web/register',
    auth: 'client',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: RegisterAnswer,
    async run({ app, input, request }) {
      limits.registration(request.ip);
      const browsers = await getBrowserTransport(room, app);
      const registration = parseWebRegistration(room, browsers, input, request.headers['user-agent'] ?? '');
      const answer = await clients.register(app, input, registration);
      return { ...answer, vapid_public_key: browsers.publicKey };
    },
  });

  add({
    method: 'POST',
    url: '/app/register',
    auth: 'client',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: RegisterAnswer,
    async run({ app, input, request }) {
      limits.registration(request.ip);
      if (input.channel === VOIP_CHANNEL) return clients.addVoip(app, input);
      return clients.register(app, input, parseAppRegistration(room, input, request.headers['user-agent'] ?? ''));
    },
  });
}

function leavingRoutes(add: AddRoute, room: PushRoom): void {
  add({
    method: 'POST',
    url: '/app/live_activity',
    auth: 'device',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: Done,
    async run({ app, device, input }) {
      const { live_activity_id, address } = parseLiveActivityToken(room, input);
      const of = { app_id: app.app_id, device: device.id };
      if (address) await registerLiveActivity(room, of, live_activity_id, address);
      else await endLiveActivity(room, of, live_activity_id);
      return done;
    },
  });

  add({
    method: 'POST',
    url: '/web/unregister',
    auth: 'device',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: Done,
    async run({ app, device }) {
      await deleteDevice(room.db, app.app_id, device.registration_id);
      return done;
    },
  });
}

function labelRoutes(add: AddRoute, room: PushRoom, clients: Clients): void {
  add({
    method: 'POST',
    url: '/web/tags',
    auth: 'device',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: DeviceAnswer,
    async run({ app, device, input }) {
      if (!app.client_tags) throw pushError(21003, 'the app does not let clients label themselves');
      await changeDevice(room.db, app.app_id, device.registration_id, parseDeviceChange(input));
      return clients.describe(app, device.registration_id);
    },
  });

  add({
    method: 'POST',
    url: '/web/me',
    auth: 'device',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: DeviceAnswer,
    run({ app, device }) {
      return clients.describe(app, device.registration_id);
    },
  });
}

/** Answers preflights. Which origins may read the answer is decided by the request itself, which names the app. */
function openToBrowsers(add: AddRoute): void {
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '86400',
  };
  for (const url of ['/web/*', '/app/*']) {
    add({ method: 'OPTIONS', url, auth: 'anybody', run: ({ reply }) => reply.code(204).headers(headers).send() });
  }
}
