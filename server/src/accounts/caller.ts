// Who is asking: the identity behind a presented key or a session, and the actor that the audit log names.

import { isAppScoped, isLimited, type KeyRights } from './key-rights.ts';

/** An authenticated caller. */
export interface Caller {
  readonly user_id: string;
  readonly user_email: string;
  /** Of the key whose value was presented: the one to revoke when it is misused. Null for a session. */
  readonly key_id: number | null;
  readonly key_name: string | null;
  /**
   * The presented key, and the one that `x-limited-key-id` names. The caller may do what each of them may. A session
   * stands here as a key without limits: it gives what the person's memberships give.
   */
  readonly keys: readonly [KeyRights, ...KeyRights[]];
  /** When the first of the keys, or the session, ends. */
  readonly expires_at: Date | null;
  readonly ip: string | null;
  /** How the person signed in; absent for keys. */
  readonly session?: CallerSession;
}

export interface CallerSession {
  readonly id: string;
  /** When the person last proved to be there, by whatever they sign in with. */
  readonly confirmed_at: Date;
  /** When they last did so by a second factor. */
  readonly second_factor_at: Date | null;
  /** What they could be asked for. */
  readonly second_factors: readonly SecondFactor[];
  readonly has_password: boolean;
}

export type SecondFactor = 'totp' | 'passkey';

/** What a person may do who comes without a key: all that the memberships give. */
const ofThePerson: KeyRights = {
  key_id: 0,
  mode: 'all',
  limited_to_orgs: [],
  limited_to_apps: [],
  limited_to_channels: [],
  bindings: null,
  global_permissions: [],
};

/** A person without a key: signed in, or just making an account. */
export const personCaller = (person: Omit<Caller, 'key_id' | 'key_name' | 'keys'>): Caller => ({
  ...person,
  key_id: null,
  key_name: null,
  keys: [ofThePerson],
});

/** For limits that are counted by caller. */
export const nameOfCaller = ({ key_id, user_id }: Pick<Caller, 'key_id' | 'user_id'>): string =>
  key_id === null ? `person ${user_id}` : `key ${key_id}`;

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
  actor_type: caller.key_id === null ? 'user' : 'apikey',
  actor_user_id: caller.user_id,
  actor_user_email: caller.user_email,
  actor_apikey_id: caller.key_id,
  actor_apikey_name: caller.key_name,
  actor_ip: caller.ip,
});

/** For people who read what happened: null is the server. */
export const nameOfActor = ({
  actor_type,
  actor_apikey_name,
  actor_user_email,
  actor_apikey_id,
}: Actor): string | null =>
  actor_type === 'system' ? null : (actor_user_email ?? actor_apikey_name ?? `key ${actor_apikey_id}`);

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
