// Signing in and proving a second factor: what `/session` takes and answers.
import { type Static, Type } from 'typebox';
import { answer, nullableString, onlyKnown, Timestamp } from '../manage/formats.ts';

const Email = Type.String({ minLength: 3, maxLength: 320 });
const Password = Type.String({ minLength: 1, maxLength: 1024 });
/** Codes of an authenticator have six digits; recovery codes are longer. */
const Code = Type.String({ minLength: 1, maxLength: 64 });

export const SignInWithPassword = Type.Object(
  {
    email: Email,
    password: Password,
    remember_me: Type.Optional(
      Type.Boolean({ description: 'false: the browser forgets the session when it is closed', default: true }),
    ),
  },
  onlyKnown,
);
export type SignInWithPassword = Static<typeof SignInWithPassword>;

export const SignedIn = answer({
  status: Type.Unsafe<'ok' | 'second_factor'>({ type: 'string', enum: ['ok', 'second_factor'] }),
  second_factors: Type.Optional(
    Type.Array(Type.String(), { description: 'what is still asked for, where the status is second_factor' }),
  ),
});
export type SignedIn = Static<typeof SignedIn>;

export const SignInWithProvider = Type.Object(
  {
    provider: Type.String({ minLength: 1, maxLength: 64 }),
    return_to: Type.Optional(
      Type.String({ pattern: '^/(?![/\\\\])', maxLength: 2048, description: 'a path of this server to come back to' }),
    ),
    invitation: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: 'the token of an invitation that is accepted this way',
      }),
    ),
  },
  onlyKnown,
);
export type SignInWithProvider = Static<typeof SignInWithProvider>;

export const LinkProvider = Type.Omit(SignInWithProvider, ['invitation'], onlyKnown);

export const ProviderAddress = answer({ url: Type.String({ description: 'where the browser has to go now' }) });

export const GiveCode = Type.Object({ code: Code }, onlyKnown);
export const GivePassword = Type.Object({ password: Password }, onlyKnown);
/** People without a password prove who they are by what they have. */
export const MaybePassword = Type.Object({ password: Type.Optional(Password) }, onlyKnown);

export const TotpBegun = answer({
  totp_uri: Type.String({ description: 'for the QR code; counts once a code made with it was given' }),
  recovery_codes: Type.Array(Type.String(), { description: 'each works once; shown once' }),
});

export const RecoveryCodes = answer({ recovery_codes: Type.Array(Type.String()) });

export const ChangePassword = Type.Object(
  { current_password: Type.Optional(Password), new_password: Password },
  onlyKnown,
);

/** The key that proves who asks travels in a header, as everywhere. */
export const SetUp = Type.Object(
  {
    email: Type.Optional(Email),
    name: Type.Optional(Type.String({ maxLength: 200 })),
    password: Password,
  },
  onlyKnown,
);
export type SetUp = Static<typeof SetUp>;

export const InvitationToken = Type.Object({ token: Type.String({ minLength: 1, maxLength: 256 }) }, onlyKnown);

export const InvitationShown = answer({
  org_name: Type.String(),
  email: Type.String(),
  user_right: Type.String(),
});

export const JoinWithPassword = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 256 }),
    name: Type.Optional(Type.String({ maxLength: 200 })),
    password: Password,
  },
  onlyKnown,
);

export const SignInOptions = answer({
  needs_setup: Type.Boolean({ description: 'nobody can sign in yet: the admin key makes the owner’s account' }),
  providers: Type.Array(answer({ id: Type.String(), name: Type.String() })),
  passkeys: answer({
    is_available: Type.Boolean(),
    reason: nullableString({ description: 'why there are none at this address' }),
  }),
});

const SecondFactor = Type.Unsafe<'totp' | 'passkey'>({ type: 'string', enum: ['totp', 'passkey'] });

export const Me = answer({
  person: answer({
    id: Type.String(),
    email: Type.String(),
    name: Type.String(),
    image_url: nullableString(),
    language: nullableString({ description: 'chosen for the console, a BCP 47 tag; null: as the browser says' }),
  }),
  session: answer({
    id: Type.String(),
    expires_at: Timestamp,
    second_factor_at: nullableString({ format: 'date-time', description: 'null: this sign-in used none' }),
    fresh_until: Type.String({ format: 'date-time', description: 'dangerous acts need a proof after this' }),
  }),
  sign_in: answer({
    has_password: Type.Boolean(),
    providers: Type.Array(Type.String()),
    second_factors: Type.Array(SecondFactor),
  }),
  organizations: Type.Array(
    answer({
      id: Type.String(),
      name: Type.String(),
      role: Type.String(),
      enforcing_2fa: Type.Boolean(),
      is_open: Type.Boolean({ description: 'false: it demands a second factor that this sign-in did not use' }),
    }),
  ),
});
export type Me = Static<typeof Me>;

/** What a person may change about themselves. */
export const ChangeMe = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })),
    language: Type.Optional(nullableString({ pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$' })),
  },
  onlyKnown,
);
export type ChangeMe = Static<typeof ChangeMe>;

export const SessionList = Type.Array(
  answer({
    id: Type.String(),
    is_current: Type.Boolean(),
    created_at: Timestamp,
    updated_at: Timestamp,
    expires_at: Timestamp,
    second_factor_at: nullableString({ format: 'date-time' }),
    ip_address: nullableString(),
    user_agent: nullableString(),
  }),
);

export const ById = Type.Object({ id: Type.String({ format: 'uuid' }) }, onlyKnown);

/** As `navigator.credentials` takes it, in the JSON form of WebAuthn. */
export const PasskeyOptions = answer({ options: Type.Unsafe<object>({ type: 'object', additionalProperties: true }) });

const Credential = Type.Unsafe<object>({
  type: 'object',
  description: 'what the browser answered, in the JSON form of WebAuthn',
});

export const NewPasskey = Type.Object({ name: Type.String({ maxLength: 100 }), credential: Credential }, onlyKnown);

export const PasskeyAnswer = Type.Object({ credential: Credential }, onlyKnown);

export const PasskeyRegistered = answer({ id: Type.String() });

export const PasskeyList = Type.Array(
  answer({
    id: Type.String(),
    name: Type.String(),
    is_backed_up: Type.Boolean({ description: 'its maker copies it between devices' }),
    created_at: Timestamp,
    last_used_at: nullableString({ format: 'date-time' }),
  }),
);
