// Who asks: by a key if the request brings one, whatever it is worth, else by the cookie of a session.

import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from './caller.ts';
import type { KeyGuard } from './key-guard.ts';
import type { SessionGuard } from './sign-in/session-guard.ts';

interface Guards {
  readonly keys: KeyGuard;
  readonly signIn: { readonly sessions: SessionGuard };
}

interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly ip: string;
}

/** Undefined for who brings neither. Throws what the two guards throw. */
export async function authenticate({ keys, signIn }: Guards, asked: Asked): Promise<Caller | undefined> {
  return (await keys.authenticate(asked.headers, asked.ip)) ?? signIn.sessions.authenticate(asked);
}
