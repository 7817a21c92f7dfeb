// Turns whatever was thrown into one message with a way out: the server's codes, lost connections, full disks.

import { CliError, describeError } from './cli-error.ts';

// What to do about an answer of the server; its own message says what happened.
const HINTS: Record<string, string> = {
  invalid_apikey: 'The key is unknown, expired or revoked. Run overair login with a new one.',
  no_key_provided: 'Run overair login, pass --apikey, or set OVERAIR_TOKEN.',
  version_already_exists: 'Pass another --bundle, or let --bump find the next free version.',
  cannot_access_app: 'Check the app id and what the key may do; overair app list shows the apps it can see.',
  cannot_find_app: 'Register it with overair app add.',
  app_id_already_exists: 'Nothing to do if it is yours: overair app list.',
  cannot_delete_linked_version: 'Point the channel at another bundle first: overair channel set.',
  encryption_required: 'This organization accepts encrypted bundles only. Run overair key create.',
  insufficient_storage: "The server's disk is full.",
};

const SYSTEM_MESSAGES: Record<string, string> = {
  ENOENT: 'File not found.',
  ENOSPC: 'The disk is full.',
  EACCES: 'Permission denied.',
  EPERM: 'Permission denied.',
  EROFS: 'The file system is read-only.',
};

export function explainFailure(error: unknown): CliError {
  if (error instanceof CliError) return error;
  // By name, not instanceof: the client is loaded only by commands that talk to a server.
  if (error instanceof Error && error.name === 'ApiError') return explainAnswer(error as ApiFailure);
  if (error instanceof Error && error.name === 'NetworkError') {
    return new CliError('server_unreachable', `${error.message}: ${deepestMessage(error)}`, {
      cause: error,
      hint: 'Check the address and your connection; overair doctor says more.',
    });
  }
  const { code, path } = error as NodeJS.ErrnoException;
  const message = code === undefined ? undefined : SYSTEM_MESSAGES[code];
  if (message) return new CliError('file_failure', path ? `${message} (${path})` : message, { cause: error });
  return new CliError('unexpected', `Unexpected failure: ${describeError(error)}`, { cause: error });
}

interface ApiFailure extends Error {
  status: number;
  code: string;
  moreInfo: Record<string, unknown>;
}

function explainAnswer(failure: ApiFailure): CliError {
  const hint = HINTS[failure.code];
  return new CliError(failure.code, sentenceOf(failure), {
    cause: failure,
    detail: { status: failure.status, moreInfo: failure.moreInfo },
    ...(hint ? { hint } : {}),
  });
}

/** The server's "Invalid body" alone would leave people guessing; the first issue names the field. */
function sentenceOf({ message, moreInfo }: ApiFailure): string {
  const { issues = [] } = (moreInfo.error ?? {}) as { issues?: { path: string[]; message: string }[] };
  const [issue] = issues;
  return issue ? `${message}: ${issue.path.join('.')}: ${issue.message}` : message;
}

function deepestMessage(error: Error): string {
  let current: unknown = error;
  while (current instanceof Error && current.cause) current = current.cause;
  if (current instanceof AggregateError) current = current.errors[0];
  return describeError(current);
}
