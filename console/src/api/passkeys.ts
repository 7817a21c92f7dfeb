// Passkeys in the browser: asks the server for a challenge, the person for a gesture, and hands the answer back.

import { api } from './client.ts';

interface Begun {
  options: object;
}

export const passkeysWork = () =>
  typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;

/** A session; for who is signed in already, a fresh proof. */
export async function signInWithPasskey(): Promise<void> {
  const { options } = await api.request<Begun>('POST', '/session/passkeys/sign-in/begin', { body: {} });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  const credential = await navigator.credentials.get({ publicKey });
  await api.request('POST', '/session/passkeys/sign-in/finish', { body: { credential: jsonOf(credential) } });
}

export async function registerPasskey(name: string): Promise<void> {
  const { options } = await api.request<Begun>('POST', '/session/passkeys/register/begin', { body: {} });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  const credential = await navigator.credentials.create({ publicKey });
  await api.request('POST', '/session/passkeys/register/finish', { body: { name, credential: jsonOf(credential) } });
}

const jsonOf = (credential: Credential | null) => (credential as PublicKeyCredential).toJSON();

/** The person closed the browser's own window, or let it time out: nothing went wrong. */
export const wasCancelled = (error: unknown) =>
  error instanceof DOMException && ['NotAllowedError', 'AbortError'].includes(error.name);
