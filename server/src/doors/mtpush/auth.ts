// Who is calling: an app or a group by Basic authentication, with the dialect's answer for every way to fail.

import type { FastifyRequest } from 'fastify';
import type { Db } from '../../db/database.ts';
import { authenticateApp, authenticateGroup, type PushApp, type PushGroup } from '../../push/owner/apps.ts';
import type { RateLimit, RateLimits } from '../../rate-limit.ts';
import { subscriberOf } from '../../subscriber.ts';
import { pushError } from './dialect/numbers.ts';
import { rateRefusal } from './rate-headers.ts';

interface Credentials {
  readonly user: string;
  readonly password: string;
}

const KEY_LENGTH = 24;
const GROUP_PREFIX = 'group-';
const FAILURES_PER_MINUTE = 10;

/** Throws 27001 unless the header holds a user and a password. */
function readBasic(header: string | undefined): Credentials {
  const found = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '');
  const text = Buffer.from(found?.[1] ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const user = text.slice(0, Math.max(0, colon));
  const password = text.slice(colon + 1);
  if (colon < 1 || password === '') throw pushError(27001);
  return { user, password };
}

export class Authenticator {
  readonly #db: Db;
  readonly #failures: RateLimit;

  constructor(db: Db, limits: RateLimits) {
    this.#db = db;
    this.#failures = limits.open({ name: 'push-wrong-secrets', allowed: FAILURES_PER_MINUTE, windowMs: 60_000 });
  }

  /** An unknown key and a wrong secret look the same. */
  async app(request: FastifyRequest): Promise<PushApp> {
    const { user, password } = readBasic(request.headers.authorization);
    if (user.startsWith(GROUP_PREFIX)) throw this.#failed(user, request.ip);
    if (user.length !== KEY_LENGTH || /\s/.test(user)) throw pushError(21008);
    const app = await authenticateApp(this.#db, user, password);
    if (!app) throw this.#failed(user, request.ip);
    if (!app.enabled) throw pushError(21038);
    if (app.allowed_ips.length > 0 && !app.allowed_ips.includes(request.ip)) throw pushError(23009);
    return app;
  }

  /** The vendor's own example sends the key without its prefix: both forms open, here only. */
  async group(request: FastifyRequest): Promise<PushGroup> {
    const { user, password } = readBasic(request.headers.authorization);
    const key = user.startsWith(GROUP_PREFIX) ? user.slice(GROUP_PREFIX.length) : user;
    if (key.length !== KEY_LENGTH) throw pushError(21037);
    const { known, group } = await authenticateGroup(this.#db, key, password);
    if (!known) throw pushError(21037);
    if (!group) throw this.#failed(key, request.ip);
    return group;
  }

  /**
   * Counted per key and address, and only after the secret was compared: the right one passes whatever a stranger, or
   * another sender behind the same address, did before.
   */
  #failed(key: string, ip: string) {
    const name = `${key.slice(0, KEY_LENGTH)} ${subscriberOf(ip)}`;
    const now = Date.now();
    return this.#failures.take(name, now) === 0 ? rateRefusal(this.#failures, name, now) : pushError(21004);
  }
}
