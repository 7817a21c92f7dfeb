// What better-auth lacks, as a plugin of our own: a TOTP code that works once, and sessions that know their second factor.

import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthEndpoint, createAuthMiddleware } from 'better-auth/api';
import { deleteSessionCookie, setSessionCookie } from 'better-auth/cookies';
import { symmetricDecrypt } from 'better-auth/crypto';
import type { Db } from '../../db/database.ts';
import { noteSecondFactor } from './sessions.ts';
import { claimCode } from './totp.ts';

const isVerification = (path: string | undefined) =>
  path === '/two-factor/verify-totp' || path === '/two-factor/verify-backup-code';

/** Hooks run after the library's own transactions; inside one they would wait for the only connection for ever. */
export function ownPlugin(db: Db) {
  return {
    id: 'overair',
    endpoints: {
      openSession: createAuthEndpoint.serverOnly(
        { method: 'POST', metadata: { $Infer: { body: {} as { user_id: string; hasSecondFactor: boolean } } } },
        async (ctx) => {
          const { user_id, hasSecondFactor } = ctx.body as { user_id: string; hasSecondFactor: boolean };
          const { internalAdapter } = ctx.context;
          const user = await internalAdapter.findUserById(user_id);
          if (!user) throw new APIError('UNAUTHORIZED');
          const session = await internalAdapter.createSession(user_id);
          if (hasSecondFactor) await noteSecondFactor(db, session.token);
          await setSessionCookie(ctx, { session, user });
          return ctx.json({ status: 'ok' });
        },
      ),
    },
    hooks: {
      after: [
        {
          matcher: ({ path }) => isVerification(path),
          handler: createAuthMiddleware(async (ctx) => {
            const { returned, newSession, session: present, internalAdapter, secretConfig } = ctx.context;
            if (returned instanceof Error) return;
            const session = newSession ?? present;
            if (!session) return;
            const open = (data: string) => symmetricDecrypt({ key: secretConfig, data });
            const isTotp = ctx.path === '/two-factor/verify-totp';
            if (isTotp && !(await claimCode(db, session.user.id, String(ctx.body.code), open))) {
              if (newSession) {
                await internalAdapter.deleteSession(newSession.session.token);
                deleteSessionCookie(ctx);
                ctx.context.setNewSession(null);
              }
              throw new APIError('UNAUTHORIZED', { code: 'CODE_WAS_USED', message: 'This code was used before' });
            }
            await noteSecondFactor(db, session.session.token);
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}
