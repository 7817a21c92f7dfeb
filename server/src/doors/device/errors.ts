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

/** What a device hears of whatever was thrown. What nobody expected goes to the log, by the name of the request. */
export function failureOf(error: unknown, log: Log, id: () => string): Failure {
  const known = knownError(error);
  if (known === undefined) log.error({ err: error, reqId: id() }, 'a device could not be answered');
  const said = known ?? unknownError();
  const { code, message, detail, status } = said;
  return {
    status,
    headers: retryHeaders(said),
    // Clients that read the body take what says no `kind` for a failed download, and report it.
    body: { error: code, message, ...(status === 503 && { kind: 'blocked' }), moreInfo: detail },
  };
}
