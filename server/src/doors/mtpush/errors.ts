// How the mtpush door says no: `{"error":{"code":…,"message":…}}`, with the dialect's own HTTP statuses.

import type { FastifyError } from 'fastify';
import { AppError } from '../../errors.ts';
import { retryHeaders } from '../../retry-after.ts';
import { codeOf, findNumbered, type PushCode, pushError } from './dialect/numbers.ts';

interface Rendered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: { readonly code: PushCode | 404; readonly message: string } };
}

/** The failure as one of ours; undefined for a fault of the server, which is logged and not explained. */
export function knownError(error: unknown): AppError | undefined {
  const numbered = findNumbered(error);
  if (numbered) return numbered;
  if (error instanceof AppError && error.status === 503) return pushError(21030, undefined, error.detail);
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return pushError(21005, 'the request is too large');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return pushError(21003);
  return undefined;
}

export function render(error: AppError | undefined, original?: unknown): Rendered {
  const known = error ?? pushError(27000);
  const code = codeOf(known);
  const tooLarge = (original as Partial<FastifyError> | undefined)?.code === 'FST_ERR_CTP_BODY_TOO_LARGE';
  return {
    status: tooLarge ? 413 : known.status,
    headers: {
      ...(known.status === 401 && { 'www-authenticate': 'Basic realm="mtpush"' }),
      ...retryHeaders(known),
      ...rateHeaders(known.detail.rate),
    },
    body: { error: { code, message: known.message } },
  };
}

export const noSuchPath: Rendered['body'] = { error: { code: 404, message: 'No such path' } };

function rateHeaders(rate: unknown): Record<string, string> {
  return typeof rate === 'object' && rate !== null ? (rate as Record<string, string>) : {};
}
