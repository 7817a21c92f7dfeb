// Signing in a program by its owner's approval in a browser: what `/connect` takes and answers, named as in RFC 8628.
import { type Static, Type } from 'typebox';
import { CreateApiKey, type KeyMode, keyModes } from './apikey.ts';
import { answer, Id, NullableTimestamp, nullableString, onlyKnown, refusal, Timestamp } from './formats.ts';

const codeExpected = refusal('missing_user_code', 'The code that the program shows is missing');
const nameExpected = refusal('missing_client_name', 'A program says who it is, in at most 100 characters');
const invalidMode = refusal('invalid_mode', `Invalid mode, expected one of ${keyModes.join(', ')}`);
const Mode = Type.Unsafe<KeyMode>({ type: 'string' });
const UserCode = Type.String({ maxLength: 40, 'x-missing': codeExpected, 'x-invalid': codeExpected });

export const AskToConnect = Type.Object(
  {
    client_name: Type.String({ maxLength: 100, 'x-missing': nameExpected, 'x-invalid': nameExpected }),
    mode: Type.Optional(
      Type.Unsafe<KeyMode>({ enum: keyModes, 'x-invalid': invalidMode, description: 'wanted; `write` unless told' }),
    ),
    limited_to_apps: Type.Optional(Type.Array(Type.String({ maxLength: 155 }), { maxItems: 100 })),
  },
  onlyKnown,
);
export type AskToConnect = Static<typeof AskToConnect>;

export const ConnectCodes = answer({
  device_code: Type.String({ description: 'secret of the program, to fetch the key with' }),
  user_code: Type.String({ description: 'what the owner sees and types' }),
  verification_uri: Type.String(),
  verification_uri_complete: Type.String(),
  expires_in: Type.Integer({ description: 'seconds' }),
  interval: Type.Integer({ description: 'seconds between two calls of /connect/token' }),
});
export type ConnectCodes = Static<typeof ConnectCodes>;

export const FindConnectRequest = Type.Object({ user_code: UserCode }, onlyKnown);

export const ConnectRequest = answer({
  client_name: Type.String(),
  client_ip: nullableString(),
  mode: Mode,
  limited_to_apps: Type.Array(Type.String()),
  created_at: Timestamp,
  expires_at: Timestamp,
});
export type ConnectRequest = Static<typeof ConnectRequest>;

const { mode, limited_to_apps, limited_to_orgs, expires_at } = CreateApiKey.properties;

/** What is absent stays as the program asked for it. */
export const ApproveConnect = Type.Object(
  {
    user_code: UserCode,
    mode,
    limited_to_apps,
    limited_to_orgs,
    expires_at,
  },
  onlyKnown,
);
export type ApproveConnect = Static<typeof ApproveConnect>;

export const DenyConnect = Type.Object({ user_code: UserCode }, onlyKnown);

const deviceCodeExpected = refusal('invalid_request', 'device_code is missing');

export const FetchConnectedKey = Type.Object({
  device_code: Type.String({ maxLength: 200, 'x-missing': deviceCodeExpected, 'x-invalid': deviceCodeExpected }),
});

/** What was approved; null once the owner has given the key bindings instead. */
const CurrentMode = Type.Unsafe<KeyMode | null>({ type: ['string', 'null'] });

export const ConnectedKey = answer({
  key: Type.String({ description: 'answered once, cannot be read again' }),
  id: Id,
  name: Type.String(),
  mode: CurrentMode,
  limited_to_apps: Type.Array(Type.String()),
  limited_to_orgs: Type.Array(Type.String()),
  expires_at: NullableTimestamp,
});
export type ConnectedKey = Static<typeof ConnectedKey>;
