// Opens routes to apps and groups: authentication, the share of requests, and the headers that tell it.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PushApp, PushGroup } from '../../push/owner/apps.ts';
import type { PushRoom } from '../../push/room.ts';
import type { RateLimit, RateLimits } from '../../rate-limit.ts';
import { subscriberOf } from '../../subscriber.ts';
import { Authenticator } from './auth.ts';
import { rateHeaders, rateRefusal } from './rate-headers.ts';

const PUSHES_PER_SECOND = 500;
const OTHER_CALLS_PER_SECOND = 50;
const REGISTRATIONS_PER_MINUTE = 10;
const REPORTS_PER_MINUTE = 600;

export interface Access {
  /** Any call but a push. */
  app(request: FastifyRequest, reply: FastifyReply): Promise<PushApp>;
  /** Pushes: `share` takes up to `wanted` of the app's, at least one, and says how many were granted. */
  sender(request: FastifyRequest, reply: FastifyReply): Promise<Sender>;
  group(request: FastifyRequest, reply: FastifyReply): Promise<PushGroup>;
  /** Counts a group's push against one of its apps; true when the app has none left. */
  isSpent(app: PushApp): boolean;
  /** Throws when this address, or this device, calls too often. */
  registration(ip: string): void;
  report(registration_id: string): void;
}

interface Sender {
  readonly app: PushApp;
  share(wanted: number): number;
}

export function createAccess(room: PushRoom, limits: RateLimits): Access {
  const authenticator = new Authenticator(room.db, limits);
  const pushes = limits.open({ name: 'push-sends', allowed: PUSHES_PER_SECOND, windowMs: 1_000 });
  const others = limits.open({ name: 'push-other-calls', allowed: OTHER_CALLS_PER_SECOND, windowMs: 1_000 });
  const registrations = limits.open({
    name: 'push-registrations',
    allowed: REGISTRATIONS_PER_MINUTE,
    windowMs: 60_000,
  });
  const reports = limits.open({ name: 'push-reports', allowed: REPORTS_PER_MINUTE, windowMs: 60_000 });
  const spend = (limit: RateLimit, who: string, reply?: FastifyReply, wanted = 1): number => {
    const now = Date.now();
    const granted = limit.take(who, now, wanted);
    if (granted === 0) throw rateRefusal(limit, who, now);
    reply?.headers(rateHeaders(limit, who, now));
    return granted;
  };
  return {
    async app(request, reply) {
      const app = await authenticator.app(request);
      spend(others, app.app_key, reply);
      return app;
    },
    async sender(request, reply) {
      const app = await authenticator.app(request);
      return { app, share: (wanted) => spend(pushes, app.app_key, reply, wanted) };
    },
    async group(request, reply) {
      const group = await authenticator.group(request);
      spend(pushes, group.group_key, reply);
      return group;
    },
    isSpent: (app) => pushes.take(app.app_key, Date.now()) === 0,
    registration: (ip) => void spend(registrations, subscriberOf(ip)),
    report: (registration_id) => void spend(reports, registration_id),
  };
}
