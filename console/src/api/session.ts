// The session door: who is signed in, and every way to become so. Contract: docs/protocol/session.md.

import type {
  ChangeMe,
  ChangePassword,
  Me,
  PasskeyList,
  RecoveryCodes,
  SessionList,
  SetUp,
  SignedIn,
  SignInOptions,
  SignInWithPassword,
  TotpBegun,
} from '@overair/protocol/session/sign-in';
import type { Static } from 'typebox';
import { api, byKey } from './client.ts';

export type SignInWays = Static<typeof SignInOptions>;
export type OwnSession = Static<typeof SessionList>[number];
export type OwnPasskey = Static<typeof PasskeyList>[number];

const post = <Answer>(path: string, body: object = {}) => api.request<Answer>('POST', `/session${path}`, { body });
const get = <Answer>(path: string) => api.request<Answer>('GET', `/session${path}`);
const remove = (path: string) => api.request<object>('DELETE', `/session${path}`);

export const session = {
  ways: () => get<SignInWays>('/options'),
  me: () => get<Me>('/me'),
  changeMe: (body: ChangeMe) => api.request<object>('PUT', '/session/me', { body }),
  signIn: (body: SignInWithPassword) => post<SignedIn>('/sign-in/email', body),
  giveTotp: (code: string) => post<SignedIn>('/two-factor/verify-totp', { code }),
  giveRecoveryCode: (code: string) => post<SignedIn>('/two-factor/verify-recovery-code', { code }),
  /** Where the browser goes next. `invitation`: the token of one that is accepted this way. */
  toProvider: async (provider: string, return_to: string, invitation?: string) =>
    (await post<{ url: string }>('/sign-in/social', { provider, return_to, invitation })).url,
  signOut: () => post('/sign-out'),
  list: () => get<OwnSession[]>('/sessions'),
  end: (id: string) => remove(`/sessions/${id}`),
  endOthers: () => remove('/sessions'),
  changePassword: (body: Static<typeof ChangePassword>) => post('/change-password', body),
  confirm: (password: string) => post('/confirm', { password }),
  beginTotp: (password: string | undefined) => post<Static<typeof TotpBegun>>('/two-factor/enable', { password }),
  endTotp: (password: string | undefined) => post('/two-factor/disable', { password }),
  newRecoveryCodes: (password: string | undefined) =>
    post<Static<typeof RecoveryCodes>>('/two-factor/recovery-codes', { password }),
  passkeys: () => get<OwnPasskey[]>('/passkeys'),
  removePasskey: (id: string) => remove(`/passkeys/${id}`),
  showInvitation: (token: string) =>
    post<{ org_name: string; email: string; user_right: string }>('/invitation/show', { token }),
  acceptInvitation: (body: { token: string; name?: string; password: string }) => post('/invitation/accept', body),
};

/** The first account. The key travels in a header, as everywhere; it is kept nowhere. */
export const setUp = (key: string, body: SetUp) => byKey(key).request('POST', '/session/setup', { body });
/** The way back in: a new password by the admin key. */
export const recover = (key: string, password: string) =>
  byKey(key).request('POST', '/session/recover', { body: { password } });
