// better-auth, set up for this house: its tables are ours, its cookies named by us, its sign-up closed, its limits ours.

import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { twoFactor } from 'better-auth/plugins/two-factor';
import type { Logger } from 'pino';
import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { Provider } from '../../oidc-settings.ts';
import { betterAuthTables, secondFactorTables } from './better-auth-tables.ts';
import { CLIENT_ADDRESS_HEADER } from './client-address.ts';
import { betterAuthCookieNames, type CookieNames } from './cookies.ts';
import { ownPlugin } from './own-plugin.ts';
import type { PasswordHash } from './password-hash.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './passwords.ts';
import { admitNewcomers, invitedAddress, providerConfig } from './providers.ts';
import { REFRESH_AFTER_SECONDS, SESSION_SECONDS } from './sessions.ts';

export interface BetterAuthSettings {
  /** With the path prefix of a proxy, if there is one. */
  readonly publicUrl: string;
  /** Made by `signInSecret`. */
  readonly secret: string;
  readonly passwords: PasswordHash;
  readonly cookies: CookieNames;
  readonly log: Logger;
  /** Of OIDC. Their addresses are asked when the library is opened. */
  readonly providers?: readonly Provider[];
  /** A session ended: by its person, or because the library replaced it. */
  onEnded(token: string): void;
}

export function betterAuthOptions(db: Db, settings: BetterAuthSettings) {
  const { publicUrl, cookies, log, providers = [] } = settings;
  const { origin, pathname } = new URL(publicUrl);
  return {
    appName: 'Overair',
    baseURL: origin,
    basePath: `${pathname.replace(/\/+$/, '')}/session`,
    secret: settings.secret,
    database: { db, type: 'postgres', transaction: true },
    user: { ...betterAuthTables.user, validateUserInfo: admitNewcomers(providers) },
    session: { ...betterAuthTables.session, expiresIn: SESSION_SECONDS, updateAge: REFRESH_AFTER_SECONDS },
    account: {
      ...betterAuthTables.account,
      // A provider's account joins one of ours only while its person is signed in here.
      accountLinking: { enabled: true, disableImplicitLinking: true, allowDifferentEmails: true },
      encryptOAuthTokens: true,
    },
    verification: betterAuthTables.verification,
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: MIN_PASSWORD_LENGTH,
      maxPasswordLength: MAX_PASSWORD_LENGTH,
      password: settings.passwords,
    },
    // The door counts itself: by person, and without shutting out colleagues behind one address.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: 'error', disableColors: true, log: writeTo(log) },
    onAPIError: {
      errorURL: `${publicUrl}/ui/sign-in`,
      // What is no refusal is thrown, and told by the door: that the database is away, for example.
      throw: true,
    },
    advanced: {
      database: { generateId: 'uuid', validateSchema: false },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
      useSecureCookies: false,
      defaultCookieAttributes: { secure: cookies.isSecure, path: '/', sameSite: 'lax', httpOnly: true },
      cookiePrefix: cookies.prefix.replace(/_$/, ''),
      cookies: betterAuthCookieNames(cookies),
      // On whatever the environment says: the library switches both off where it believes to be tested.
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
    databaseHooks: {
      session: { delete: { after: async ({ token }) => settings.onEnded(token) } },
    },
    plugins: [
      twoFactor({ issuer: 'Overair', allowPasswordless: true, schema: secondFactorTables }),
      genericOAuth({ config: providers.map(providerConfig) }),
      ownPlugin(db),
    ],
  } satisfies BetterAuthOptions;
}

export interface BetterAuth {
  /**
   * Answers one request below `/session`. Throws what is no refusal. `admitted`: the address of the invitation that is
   * accepted by it.
   */
  handle(request: Request, admitted?: string): Promise<Response>;
  /**
   * Signs a person in who has proved who they are, and answers with the cookie. Not inside a transaction: it would wait for
   * a connection for ever.
   */
  openSession(facts: OpenSession, headers: Headers): Promise<Response>;
  /** Lengthens the session of these cookies, once a day. The answer may have cookies. */
  refresh(headers: Headers): Promise<Response>;
  hashPassword(password: string): Promise<string>;
  verifyPassword(hash: string, password: string): Promise<boolean>;
}

export interface OpenSession {
  readonly user_id: string;
  /** The proof was one of two factors, such as a passkey that knows its person. */
  readonly hasSecondFactor: boolean;
}

export async function openBetterAuth(db: Db, settings: BetterAuthSettings): Promise<BetterAuth> {
  const auth = betterAuth(betterAuthOptions(db, settings));
  const context = await auth.$context;
  return {
    handle: (request, admitted) => readable(() => invitedAddress.run(admitted, () => auth.handler(request))),
    openSession: (facts, headers) => auth.api.openSession({ body: { ...facts }, headers, asResponse: true }),
    refresh: (headers) => auth.api.getSession({ headers, asResponse: true }),
    hashPassword: (password) => context.password.hash(password),
    verifyPassword: (hash, password) => context.password.verify({ hash, password }),
  };
}

/** It encrypts secrets of authenticators, and says no more than this of one that it cannot decrypt. */
async function readable(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (cause) {
    if (!(cause instanceof Error && cause.message === 'invalid tag')) throw cause;
    throw new AppError(
      'second_factor_unreadable',
      409,
      'The second factor of this account cannot be read: was OVERAIR_SECRET changed? The admin key is the way back in',
      {},
      { cause },
    );
  }
}

/** The library's words are for its developers: only what went wrong in itself is worth more than a debug line here. */
function writeTo(log: Logger) {
  return (level: string, message: string, ...details: unknown[]): void => {
    const err = details.find((each) => each instanceof Error);
    if (level === 'error' && err) log.warn({ err }, `sign-in: ${message}`);
    else log.debug(`sign-in: ${message}`);
  };
}
