// The parts of signing in, made once a process. The library behind them is large and loaded when somebody first needs it.

import type { Logger } from 'pino';
import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { Provider } from '../../oidc-settings.ts';
import type { RateLimits } from '../../rate-limit.ts';
import { SignInAttempts } from './attempts.ts';
import type { BetterAuth, BetterAuthSettings } from './better-auth.ts';
import { type CookieNames, cookieNames } from './cookies.ts';
import { PASSWORD_COST, passwordHash } from './password-hash.ts';
import { discoveryUrl } from './providers.ts';
import { signInSecret } from './secret.ts';
import { SessionGuard } from './session-guard.ts';

export interface SignIn {
  readonly db: Db;
  readonly publicUrl: string;
  readonly publicOrigin: string;
  readonly cookies: CookieNames;
  /** What signs cookies. */
  readonly secret: string;
  readonly sessions: SessionGuard;
  readonly attempts: SignInAttempts;
  readonly providers: readonly Provider[];
  betterAuth(): Promise<BetterAuth>;
  /** The same with one provider, which is asked where it has its addresses. Throws `unknown_provider` and `provider_unavailable`. */
  betterAuthWith(provider: string): Promise<BetterAuth>;
}

interface SignInSettings {
  readonly db: Db;
  readonly log: Logger;
  readonly limits: RateLimits;
  readonly publicUrl: string;
  /** Of the server. */
  readonly secret: string;
  /** 0 switches the counting of wrong passwords off. */
  readonly failedAuthLimit: number;
  readonly providers: readonly Provider[];
  /** Of hashing passwords; less than the usual one in tests alone. */
  readonly passwordCost?: number | undefined;
}

export function openSignIn(settings: SignInSettings): SignIn {
  const { db, log, limits, publicUrl, providers } = settings;
  const secret = signInSecret(settings.secret);
  const cookies = cookieNames(publicUrl);
  const publicOrigin = new URL(publicUrl).origin;
  const sessions = new SessionGuard(db, { cookies, secret, publicOrigin });
  const passwords = passwordHash(settings.passwordCost ?? PASSWORD_COST);
  const onEnded = (token: string) => sessions.forget(token);
  const shared: BetterAuthSettings = { publicUrl, secret, passwords, cookies, log, onEnded };
  const load = async (own: Partial<BetterAuthSettings>) =>
    (await import('./better-auth.ts')).openBetterAuth(db, { ...shared, ...own });
  const plain = once(() => load({}));
  const byProvider = new Map(
    providers.map((provider) => [
      provider.id,
      once(async () => {
        await assertAnswers(provider);
        return load({ providers: [provider] });
      }),
    ]),
  );
  return {
    db,
    publicUrl,
    publicOrigin,
    cookies,
    secret,
    sessions,
    attempts: new SignInAttempts(secret, limits, settings.failedAuthLimit > 0),
    providers,
    betterAuth: plain,
    async betterAuthWith(id) {
      const open = byProvider.get(id);
      if (!open)
        throw new AppError('unknown_provider', 404, 'This server knows no such provider', { field: 'provider' });
      return open();
    },
  };
}

/** A failure is not kept: the next who asks tries anew. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

const PATIENCE_MS = 5_000;

/** The library would wait for a provider that is silent for as long as it likes. */
async function assertAnswers(provider: Provider): Promise<void> {
  try {
    const answer = await fetch(discoveryUrl(provider), { signal: AbortSignal.timeout(PATIENCE_MS) });
    await answer.body?.cancel();
    if (answer.ok) return;
    throw new Error(`it answers ${answer.status}`);
  } catch (cause) {
    throw new AppError(
      'provider_unavailable',
      503,
      `${provider.name} does not answer right now: try again in a moment, or sign in another way`,
      { retryAfterSeconds: 10 },
      { cause },
    );
  }
}
