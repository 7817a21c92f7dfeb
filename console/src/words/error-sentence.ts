// What went wrong, as a sentence: in the visitor's language where we know the code, else in the server's own words.

import { ApiError, NetworkError } from '@overair/protocol/client';
import type { MessageId } from './catalogue/en.ts';

const known: Readonly<Record<string, MessageId>> = {
  invalid_credentials: 'error.invalid_credentials',
  invalid_code: 'error.invalid_code',
  code_was_used: 'error.code_was_used',
  sign_in_expired: 'error.sign_in_expired',
  second_factor_locked: 'error.second_factor_locked',
  second_factor_required: 'error.second_factor_required',
  too_many_requests: 'error.too_many_requests',
  weak_password: 'error.weak_password',
  invalid_password: 'error.invalid_password',
  invalid_email: 'error.invalid_email',
  invalid_apikey: 'error.invalid_apikey',
  unrestricted_key_required: 'error.unrestricted_key_required',
  invalid_invitation: 'error.invalid_invitation',
  passkey_refused: 'error.passkey_refused',
  challenge_expired: 'error.challenge_expired',
  not_signed_in: 'error.not_signed_in',
  stale_write: 'error.stale_write',
  channel_protected: 'error.channel_protected',
  release_is_over: 'error.release_is_over',
  no_earlier_release: 'error.no_earlier_release',
  device_not_found: 'error.device_not_found',
  cannot_find_app: 'error.cannot_find_app',
  cannot_find_channel: 'error.cannot_find_channel',
  cannot_find_release: 'error.cannot_find_release',
  database_unavailable: 'error.database_unavailable',
  unknown_error: 'error.unknown_error',
};

interface Said {
  readonly sentence: string;
  readonly requestId: string | undefined;
}

export function sentenceOf(error: unknown, t: (id: MessageId) => string): Said {
  if (error instanceof ApiError) {
    const id = known[error.code];
    // A message of the server says more than ours where it names the reason.
    const isOwn = id === undefined || error.code === 'weak_password' || error.code === 'channel_protected';
    return { sentence: isOwn ? error.message : t(id), requestId: error.requestId };
  }
  if (error instanceof NetworkError || (error instanceof DOMException && error.name === 'TimeoutError')) {
    return { sentence: t('error.network'), requestId: undefined };
  }
  return { sentence: error instanceof Error ? error.message : String(error), requestId: undefined };
}
