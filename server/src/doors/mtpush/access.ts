// Opens routes to apps and groups: authentication, the share of requests, and the headers that tell it.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PushApp, PushGroup } from '../../push/owner/apps.ts';
import type { PushRoom } from '../../push/room.ts';
import { Authenticator } from './auth.ts';
import { RateLimit } from './rate-limit.ts';

const PUSHES_PER_SECOND = 500;
const OTHER_CALLS_PER_SECOND = 50;
const REGISTRATIONS_PER_MINUTE = 10;
const REPORTS_PER_MINUTE = 600;

export interface Access {
  /** Any call but a push. */
  app(request: FastifyRequest, reply: FastifyReply): Promise<PushApp>;
  /** A push: takes up to `wanted` of the app's share, at least one, and says how many were granted. */
  pusher(request: FastifyRequest, reply: FastifyReply, wanted?: (app: PushApp) => number): Promise<Granted>;
  group(request: FastifyRequest, reply: FastifyReply): Promise<PushGroup>;
  /** Counts a group's push against one of its apps; true when the app has none left. */
  isSpent(app: PushApp): boolean;
  /** Throws when this address, or this device, calls too often. */
  registration(ip: string): void;
  report(registration_id: string): void;
}

interface Granted {
  readonly app: PushApp;
  readonly granted: number;
}

export function createAccess(room: PushRoom): Access {
  const authenticator = new Authenticator(room.db);
  const pushes = new RateLimit(PUSHES_PER_SECOND, 1000);
  const others = new RateLimit(OTHER_CALLS_PER_SECOND, 1000);
  const registrations = new RateLimit(REGISTRATIONS_PER_MINUTE, 60_000);
  const reports = new RateLimit(REPORTS_PER_MINUTE, 60_000);
  const spend = (limit: RateLimit, key: string, reply?: FastifyReply, wanted = 1): number => {
    const now = Date.now();
    const granted = limit.take(key, wanted, now);
    if (granted === 0) throw limit.refusal(key, now);
    reply?.headers(limit.headers(key, now));
    return granted;
  };
  return {
    async app(request, reply) {
      const app = await authenticator.app(request);
      spend(others, app.app_key, reply);
      return app;
    },
    async pusher(request, reply, wanted = () => 1) {
      const app = await authenticator.app(request);
      return { app, granted: spend(pushes, app.app_key, reply, wanted(app)) };
    },
    async group(request, reply) {
      const group = await authenticator.group(request);
      spend(pushes, group.group_key, reply);
      return group;
    },
    isSpent: (app) => pushes.take(app.app_key, 1, Date.now()) === 0,
    registration: (ip) => void spend(registrations, ip),
    report: (registration_id) => void spend(reports, registration_id),
  };
}
