// Who is asking: the identity behind a presented key, and the actor that the audit log names.

import type { KeyMode } from '../db/tables/accounts.ts';

/** An authenticated caller. Limits that are empty limit nothing. */
export interface Caller {
  readonly user_id: string;
  readonly user_email: string;
  readonly key_id: number;
  readonly key_name: string;
  readonly mode: KeyMode;
  readonly limited_to_orgs: readonly string[];
  readonly limited_to_apps: readonly string[];
  readonly global_permissions: readonly string[];
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

/** A key with every right of its owner, everywhere: only such keys make keys and organizations. */
export const isUnrestricted = (caller: Caller): boolean =>
  caller.mode === 'all' && caller.limited_to_orgs.length === 0 && caller.limited_to_apps.length === 0;
