// How the files door tells its failures: the management API's error body.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, unknownError } from '../../errors.ts';
import { retryHeaders } from '../../retry-after.ts';

interface RenderedError {
  status: number;
  body: { error: string; message: string; status: 'KO'; moreInfo: Record<string, unknown> };
}

function render(error: unknown): RenderedError {
  if (error instanceof AppError) return rendered(error.status, error.code, error.message, error.detail);
  const { statusCode = 500, message = '' } = error instanceof Error ? (error as Partial<FastifyError>) : {};
  // Fastify's own refusals: a body that is no JSON, does not fit its schema, or is too large.
  if (statusCode >= 400 && statusCode < 500) return rendered(statusCode, 'invalid_request', message);
  const { status, code, message: sentence } = unknownError();
  return rendered(status, code, sentence);
}

function rendered(status: number, error: string, message: string, moreInfo = {}): RenderedError {
  return { status, body: { error, message, status: 'KO', moreInfo } };
}

export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body } = render(error);
  if (status >= 500) request.log.error({ err: error }, 'a file request failed');
  discardBody(request);
  if (reply.raw.destroyed) return reply;
  const retry = error instanceof AppError ? retryHeaders(error) : {};
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', ...retry })
    .send(body);
}

const PATIENCE_MS = 10_000;

/**
 * A refused upload may still be coming, and many clients read no answer before they have sent all: the rest is thrown
 * away, but not for ever.
 */
function discardBody({ raw }: FastifyRequest): void {
  if (raw.readableEnded || raw.destroyed) return;
  const timer = setTimeout(() => raw.destroy(), PATIENCE_MS).unref();
  raw.once('close', () => clearTimeout(timer)).resume();
}
