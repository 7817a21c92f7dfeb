// How this door says that something went wrong: one shape, and the App API document's sentences on `/app`.

import type { AppRouteError, ManageError } from '@overair/protocol/manage/error';
import type { FastifyError } from 'fastify';
import { AppError, unknownError } from '../../errors.ts';
import { retryHeaders } from '../../retry-after.ts';

interface Rendered {
  status: number;
  headers: Record<string, string>;
  body: ManageError | AppRouteError;
}

/** Fastify's own failures in the words of this door; undefined for what nobody expected. */
export function knownError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('payload_too_large', 413, 'The body is too large');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new AppError('invalid_request', statusCode, 'The request cannot be read');
  }
  return undefined;
}

/** `path` decides the dialect: `/app` and below has its own. */
export function render(error: AppError = unknownError(), path: string): Rendered {
  const body = isAppRoute(path) ? appRouteBody(error) : manageBody(error);
  return { status: error.status, headers: retryHeaders(error), body };
}

const isAppRoute = (path: string) => /^\/app(\/|\?|$)/.test(path);

const manageBody = ({ code, message, detail }: AppError): ManageError => ({
  error: code,
  message,
  moreInfo: detail,
  status: 'KO',
});

const NO_ORGANIZATION_ACCESS = 'You do not have access to this organization';

const organizationCodes = new Set(['user_does_not_have_access_to_this_organization', 'cannot_access_organization']);

const sentences: Record<string, string> = {
  cannot_find_app: 'App not found',
  app_id_already_exists: 'Custom ID already in use',
  cannot_access_app: 'Insufficient permissions to manage app',
  cannot_delete_app: 'Insufficient permissions to manage app',
};

function appRouteBody({ code, message, status, detail }: AppError): AppRouteError {
  const shared = { code, message, moreInfo: detail };
  if (organizationCodes.has(code)) return { error: code, status: NO_ORGANIZATION_ACCESS, ...shared };
  const sentence = sentences[code] ?? (status === 400 ? 'Invalid app configuration' : code);
  return { error: sentence, status: 'KO', ...shared };
}
