// Who is asking: the identity behind a presented key, and the actor that the audit log names.

import { isAppScoped, isLimited, type KeyRights } from './key-rights.ts';

/** An authenticated caller. */
export interface Caller {
  readonly user_id: string;
  readonly user_email: string;
  /** Of the key whose value was presented: the one to revoke when it is misused. */
  readonly key_id: number;
  readonly key_name: string;
  /** The presented key, and the one that `x-limited-key-id` names. The caller may do what each of them may. */
  readonly keys: readonly [KeyRights, ...KeyRights[]];
  /** When the first of the keys ends. */
  readonly expires_at: Date | null;
  readonly ip: string | null;
}

/** Who changed something, as the audit log keeps it. */
export interface Actor {
  readonly actor_type: 'user' | 'apikey' | 'system';
  readonly actor_user_id: string | null;
  readonly actor_user_email: string | null;
  readonly actor_apikey_id: number | null;
  readonly actor_apikey_name: string | null;
  readonly actor_ip: string | null;
}

export const actorOf = (caller: Caller): Actor => ({
  actor_type: 'apikey',
  actor_user_id: caller.user_id,
  actor_user_email: caller.user_email,
  actor_apikey_id: caller.key_id,
  actor_apikey_name: caller.key_name,
  actor_ip: caller.ip,
});

/** The server itself: retention, the health guard, the first start. */
export const systemActor: Actor = {
  actor_type: 'system',
  actor_user_id: null,
  actor_user_email: null,
  actor_apikey_id: null,
  actor_apikey_name: null,
  actor_ip: null,
};

/** Only keys with every right of their owner, everywhere. */
export const isUnrestricted = ({ keys }: Caller): boolean => keys.every((key) => key.mode === 'all' && !isLimited(key));

/** Some key opens apps or channels alone, and no organization. */
export const isLimitedToApps = ({ keys }: Caller): boolean => keys.some(isAppScoped);

/** Making an organization needs no right in another one, but an unrestricted key or the explicit permission. */
export const mayCreateOrganization = ({ keys }: Caller): boolean =>
  keys.every((key) => (key.mode === 'all' && !isLimited(key)) || key.global_permissions.includes('org.create'));
