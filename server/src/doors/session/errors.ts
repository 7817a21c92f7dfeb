// How this door says that something went wrong: the management API's error body.

import type { ManageError } from '@overair/protocol/manage/error';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, unknownError } from '../../errors.ts';
import { retryHeaders } from '../../retry-after.ts';

export const notFound = () => new AppError('not_found', 404, 'Not found');

export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = knownError(error);
  if (!known) request.log.error({ err: error }, 'a sign-in call failed');
  const told = known ?? unknownError();
  const { code, message, detail, status } = told;
  const body: ManageError = { error: code, message, moreInfo: detail, status: 'KO' };
  return reply.code(status).headers(retryHeaders(told)).send(body);
}

function knownError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('payload_too_large', 413, 'The body is too large');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new AppError('invalid_request', statusCode, 'The request cannot be read');
  }
  return undefined;
}

type Sentence = readonly [code: string, status: number, message: string, detail?: Record<string, unknown>];

const WRONG: Sentence = ['invalid_credentials', 401, 'The address or the password is not right'];
const EXPIRED: Sentence = ['sign_in_expired', 401, 'The sign-in took too long: begin again with the password'];

export const invalidCredentials = () => new AppError(...WRONG);
export const signInExpired = () => new AppError(...EXPIRED);

/** In the words of this door. The library's own sentences are for its developers. */
const SENTENCES: Record<string, Sentence> = {
  INVALID_EMAIL_OR_PASSWORD: WRONG,
  INVALID_EMAIL: WRONG,
  PASSWORD_TOO_LONG: WRONG,
  INVALID_PASSWORD: ['invalid_password', 400, 'The password is not right'],
  INVALID_CODE: ['invalid_code', 401, 'The code is not right: is the clock of the phone?'],
  CODE_WAS_USED: ['code_was_used', 401, 'This code was used before: wait for the next one'],
  INVALID_BACKUP_CODE: ['invalid_code', 401, 'This recovery code is not right, or was used before'],
  // It answered a moment ago; providers that nobody set up are told before.
  PROVIDER_NOT_FOUND: [
    'provider_unavailable',
    503,
    'The provider does not answer right now: try again in a moment, or sign in another way',
    { retryAfterSeconds: 10 },
  ],
  INVALID_TWO_FACTOR_COOKIE: EXPIRED,
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: ['sign_in_expired', 401, 'Too many wrong codes: begin again with the password'],
  ACCOUNT_TEMPORARILY_LOCKED: [
    'second_factor_locked',
    429,
    'Too many wrong codes: wait a quarter of an hour, or use a passkey',
  ],
  TOTP_NOT_ENABLED: ['totp_not_set_up', 400, 'No authenticator is set up'],
  TOTP_ALREADY_ENABLED: ['totp_already_set_up', 400, 'An authenticator is set up already: remove it first'],
  TWO_FACTOR_NOT_ENABLED: ['totp_not_set_up', 400, 'No authenticator is set up'],
  BACKUP_CODES_NOT_ENABLED: ['totp_not_set_up', 400, 'No authenticator is set up, so there are no recovery codes'],
};

/** From an answer of the library that is no success. */
export function betterAuthError(status: number, body: unknown): AppError {
  const { code = '' } = (typeof body === 'object' && body !== null ? body : {}) as { code?: string };
  const known = SENTENCES[code];
  if (known) return new AppError(...known);
  if (status === 409) return new AppError('conflict', 409, 'Somebody was faster: try again');
  if (status === 401) return notSignedIn();
  if (status >= 500) return new AppError('unknown_error', 500, 'Unknown error');
  return new AppError(
    'sign_in_failed',
    status,
    'This sign-in is not possible',
    code ? { reason: code.toLowerCase() } : {},
  );
}

export const notSignedIn = () =>
  new AppError('not_signed_in', 401, 'Nobody is signed in here, or the session has ended');
