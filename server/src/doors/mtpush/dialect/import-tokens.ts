// Native tokens that an app's own backend has collected, to be enrolled in one call.

import type { Registration } from '../../../push/audience/registration.ts';
import { Fields, type JsonObject } from '../../../push/fields.ts';
import { isRefusal, refuse } from '../../../push/refusals.ts';
import type { PushRoom } from '../../../push/room.ts';
import type { Transport } from '../../../push/transports/transport.ts';

const MAX_TOKENS = 500;

/** A token, and what it is registered as; or why it is not. */
export type TokenToImport =
  | { readonly token: string; readonly registration: Registration }
  | { readonly token: string; readonly wrong: string };

/** In the order of the tokens. */
export function parseTokenImport({ transports }: PushRoom, input: JsonObject): readonly TokenToImport[] {
  const fields = new Fields(input, '');
  const platform = fields.oneOf('platform', ['android', 'ios']);
  if (!platform) throw refuse('field_missing', 'platform');
  const production = fields.flag('apns_production');
  if (platform === 'ios' && production === undefined) throw refuse('field_missing', 'apns_production');
  if (platform === 'android' && production !== undefined) {
    throw refuse('field_invalid', 'apns_production is for ios only');
  }
  const tokens = fields.required('tokens');
  if (!Array.isArray(tokens)) throw refuse('field_type', 'tokens is not an array');
  if (tokens.length === 0 || tokens.length > MAX_TOKENS) {
    throw refuse('field_invalid', `tokens does not hold 1 to ${MAX_TOKENS}`);
  }
  const transport = transports.mainOf(platform);
  if (!transport) throw refuse('field_invalid', `platform ${platform} cannot be reached`);
  return tokens.map((token) => parseOne(transport, platform, token, production));
}

function parseOne(
  transport: Transport,
  platform: 'android' | 'ios',
  token: unknown,
  apns_production: boolean | undefined,
): TokenToImport {
  if (typeof token !== 'string') return { token: '', wrong: 'the token is not a string' };
  try {
    const address = transport.readAddress(new Fields({ token, apns_production }, ''), false, undefined);
    return { token, registration: { platform, channel: transport.name, address, facts: {} } };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { token, wrong: `invalid ${transport.name} token format` };
  }
}
