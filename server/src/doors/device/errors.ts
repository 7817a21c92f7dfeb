// How the device door says that a request is wrong. Refusals with HTTP 200 are answers, not errors: see answer.ts.

import type { FastifyError } from 'fastify';
import { AppError, unknownError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { retryHeaders } from '../../retry-after.ts';

export interface Issue {
  message: string;
  path: string[];
  code: 'custom';
}

export const invalidJson = () => new AppError('invalid_json_parse_body', 400, 'Invalid JSON body', { e: {} });
export const missingDeviceId = () => new AppError('missing_device_id', 400, 'Cannot find device_id');
export const missingAppId = () => new AppError('missing_app_id', 400, 'Cannot find app_id');

/** `code`: `invalid_json_body`, or `invalid_query_parameters` where the fields travel in the query. */
export const cannotParse = (code: string, issues?: Issue[]) =>
  new AppError(
    code,
    400,
    'Cannot parse body',
    issues ? { parseResult: { success: false, error: { issues, name: 'SchemaError' } } } : {},
  );

export const notSemver = (version_build: string) =>
  new AppError(
    'semver_error',
    400,
    `Native version: ${version_build} doesn't follow semver convention, set one like 1.2.3 in the app or in the plugin's config`,
    { version_build },
  );

const SAMPLE_EVERY_MS = 60_000;

interface Failure {
  status: number;
  headers: Record<string, string>;
  body: { error: string; message: string; kind?: string; moreInfo: Record<string, unknown> };
}

export function knownError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('body_too_large', 413, 'The body is too large');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new AppError('invalid_request', statusCode, 'The request cannot be read');
  }
  return undefined;
}

/** Requests that are wrong come as fast as somebody sends them: of each code one a minute is written down, with how many were not. */
export class FailureLog {
  readonly #log: Log;
  readonly #written = new Map<string, { atMs: number; repeated: number }>();

  constructor(log: Log) {
    this.#log = log;
  }

  unexpected(error: unknown, id: () => string): void {
    this.#log.error({ err: error, reqId: id() }, 'a device could not be answered');
  }

  refused({ code, status, message }: AppError, id: () => string): void {
    const nowMs = performance.now();
    const before = this.#written.get(code);
    if (before !== undefined && nowMs - before.atMs < SAMPLE_EVERY_MS) {
      before.repeated++;
      return;
    }
    this.#written.set(code, { atMs: nowMs, repeated: 0 });
    const detail = {
      code,
      status,
      reason: message,
      reqId: id(),
      ...(before?.repeated && { repeated: before.repeated }),
    };
    this.#log.info(detail, 'a device asked wrongly');
  }
}

/** What a device hears of whatever was thrown, which goes to the log by the name of the request. */
export function failureOf(error: unknown, log: FailureLog, id: () => string): Failure {
  const known = knownError(error);
  if (known === undefined) log.unexpected(error, id);
  else log.refused(known, id);
  const said = known ?? unknownError();
  const { code, message, detail, status } = said;
  return {
    status,
    headers: retryHeaders(said),
    // Clients that read the body take what says no `kind` for a failed download, and report it.
    body: { error: code, message, ...(status === 503 && { kind: 'blocked' }), moreInfo: detail },
  };
}
