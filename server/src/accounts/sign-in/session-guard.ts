// Lets signed-in people in by their cookie. One for all doors of a process.

import type { IncomingHttpHeaders } from 'node:http';
import type { Db } from '../../db/database.ts';
import { type Caller, personCaller, type SecondFactor } from '../caller.ts';
import { type CookieNames, readCookie, readSetCookie, signed, verified, withSession } from './cookies.ts';
import { assertOwnOrigin } from './origin.ts';
import { findSession, type SessionFacts } from './sessions.ts';

/** A session that was ended by another process of the fleet may live on for this long. */
const TRUSTED_FOR_MS = 5_000;
const MOST_KEPT = 10_000;

/** With one of these a request is a program's, whatever else it carries. */
const keyHeaders = ['capgkey', 'x-api-key', 'authorization', 'x-limited-key-id'];

interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly ip: string;
}

interface Kept {
  readonly facts: SessionFacts;
  readonly untilMs: number;
}

interface GuardSettings {
  readonly cookies: CookieNames;
  /** What signs the cookies. */
  readonly secret: string;
  readonly publicOrigin: string;
}

export class SessionGuard {
  readonly #db: Db;
  readonly #settings: GuardSettings;
  readonly #kept = new Map<string, Kept>();
  /** What was read before one of these may be out of date. */
  #changes = 0;

  constructor(db: Db, settings: GuardSettings) {
    this.#db = db;
    this.#settings = settings;
  }

  /**
   * Undefined for who brings no cookie, one of a session that ended, or a key beside it. Throws `foreign_origin` for a
   * change that no page of ours asked for.
   */
  async authenticate(asked: Asked): Promise<Caller | undefined> {
    if (keyHeaders.some((name) => asked.headers[name] !== undefined)) return undefined;
    const token = this.tokenOf(asked.headers);
    if (token === undefined) return undefined;
    const facts = await this.#find(token);
    if (!facts) return undefined;
    assertOwnOrigin(asked, this.#settings.publicOrigin, true);
    return callerOf(facts, asked.ip);
  }

  /** The person of a session that has just been opened. */
  async callerBehind(token: string, ip: string): Promise<Caller | undefined> {
    const facts = await this.#find(token);
    return facts && callerOf(facts, ip);
  }

  /** The token in the cookie, if this server signed it. */
  tokenOf(headers: IncomingHttpHeaders): string | undefined {
    const { cookies, secret } = this.#settings;
    return verified(readCookie(headers.cookie, cookies.session), secret);
  }

  /** The token of the session that an answer opens. */
  tokenIn(setCookies: readonly string[]): string | undefined {
    const { cookies, secret } = this.#settings;
    return verified(readSetCookie(setCookies, cookies.session), secret);
  }

  /** The cookies of a request for the library: with the session of a caller that `authenticate` let in, or with none. */
  cookiesOf(headers: IncomingHttpHeaders, caller: Caller | undefined): string {
    const { cookies, secret } = this.#settings;
    const token = caller && this.tokenOf(headers);
    return withSession(headers.cookie, cookies.session, token && signed(token, secret));
  }

  /** To be called with the token of a session that ended or changed. */
  forget(token: string): void {
    this.#changes += 1;
    this.#kept.delete(token);
  }

  async #find(token: string): Promise<SessionFacts | undefined> {
    const now = Date.now();
    const kept = this.#kept.get(token);
    if (kept && kept.untilMs > now && kept.facts.expires_at.getTime() > now) return kept.facts;
    const changes = this.#changes;
    const facts = await findSession(this.#db, token);
    this.#kept.delete(token);
    if (facts && changes === this.#changes) this.#keep(token, { facts, untilMs: now + TRUSTED_FOR_MS });
    return facts;
  }

  #keep(token: string, kept: Kept): void {
    this.#kept.set(token, kept);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
  }
}

function callerOf(facts: SessionFacts, ip: string): Caller {
  const { user_id, user_email, expires_at, session_id, confirmed_at, second_factor_at, has_password } = facts;
  const second_factors: SecondFactor[] = [
    ...(facts.has_totp ? (['totp'] as const) : []),
    ...(facts.has_passkey ? (['passkey'] as const) : []),
  ];
  const session = { id: session_id, confirmed_at, second_factor_at, second_factors, has_password };
  return personCaller({ user_id, user_email, expires_at, ip, session });
}
