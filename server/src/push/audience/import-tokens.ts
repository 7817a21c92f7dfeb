// Enrols native tokens that an app's own backend has collected.

import { pushError } from '../message/errors.ts';
import { Fields, type JsonObject } from '../message/fields.ts';
import type { PushApp } from '../owner/apps.ts';
import type { PushRoom } from '../room.ts';
import { type Registration, registerDevice, sealToken } from './registration.ts';

const MAX_TOKENS = 500;

interface TokenResult {
  readonly token: string;
  readonly registration_id?: string;
  readonly is_new: boolean;
  readonly code: number;
  readonly message?: string;
}

/** One result per token, in the order of the tokens. */
export async function importTokens(room: PushRoom, app: PushApp, input: JsonObject): Promise<TokenResult[]> {
  const fields = new Fields(input, '');
  const platform = fields.oneOf('platform', ['android', 'ios']);
  if (!platform) throw pushError(21002, 'platform');
  const production = fields.flag('apns_production');
  if (platform === 'ios' && production === undefined) throw pushError(21002, 'apns_production');
  if (platform === 'android' && production !== undefined) throw pushError(21003, 'apns_production is for ios only');
  const tokens = fields.required('tokens');
  if (!Array.isArray(tokens)) throw pushError(21016, 'tokens is not an array');
  if (tokens.length === 0 || tokens.length > MAX_TOKENS)
    throw pushError(21003, `tokens does not hold 1 to ${MAX_TOKENS}`);
  const results: TokenResult[] = [];
  for (const token of tokens) results.push(await importOne(room, app, platform, production ?? true, token));
  return results;
}

async function importOne(
  room: PushRoom,
  { app_id }: PushApp,
  platform: 'android' | 'ios',
  apns_production: boolean,
  token: unknown,
): Promise<TokenResult> {
  const channel = platform === 'ios' ? 'apns' : 'fcm';
  const wrong = refuseToken(channel, token);
  if (typeof token !== 'string' || wrong) {
    return {
      token: typeof token === 'string' ? token : '',
      is_new: false,
      code: 21003,
      message: wrong ?? 'not a string',
    };
  }
  const registration: Registration = {
    platform,
    channel,
    address: token,
    sealed: sealToken(room.vault, app_id, token),
    facts: { apns_production },
  };
  const { registration_id, is_new } = await registerDevice(room.db, room.vault, app_id, registration);
  return { token, registration_id, is_new, code: 0 };
}

/** What is wrong with a provider's token; undefined when it looks like one. */
export function refuseToken(channel: 'fcm' | 'apns', token: unknown): string | undefined {
  if (typeof token !== 'string') return 'the token is not a string';
  if (channel === 'apns') return /^[0-9a-f]{64,200}$/i.test(token) ? undefined : 'invalid apns token format';
  return /^[\w:-]{10,4096}$/.test(token) ? undefined : 'invalid fcm token format';
}
