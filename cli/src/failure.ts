// Turns whatever was thrown into one message with a way out: the server's codes, lost connections, full disks.

import type { ForeignSender } from '@overair/protocol/client';
import { CliError, describeError } from './cli-error.ts';

// What to do about an answer of the server; its own message says what happened.
const HINTS: Record<string, string> = {
  invalid_apikey: 'The key is unknown, expired or revoked. Run overair login with a new one.',
  no_key_provided: 'Run overair login, pass --apikey, or set OVERAIR_TOKEN.',
  version_already_exists: 'Pass another --bundle, or let --bump find the next free version.',
  cannot_access_app: 'Check the app id and what the key may do; overair app list shows the apps it can see.',
  cannot_find_app: 'Register it with overair app add.',
  app_id_already_exists: 'Nothing to do if it is yours: overair app list.',
  channel_protected:
    'The channel is as it was. Somebody who may can release the bundle with overair channel set <channel> --bundle <version>.',
  cannot_delete_linked_version: 'Point the channel at another bundle first: overair channel set.',
  encryption_required: 'This organization accepts encrypted bundles only. Run overair key create.',
  insufficient_storage: "The server's disk is full.",
  upload_too_large:
    'The server takes more with OVERAIR_MAX_UPLOAD_MB; a bundle of that size is a burden for phones too.',
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
    // Why there was no answer is known where the call went out.
    const explained = causesOf(error).find((cause) => cause instanceof CliError);
    if (explained) return explained;
    return new CliError('server_unreachable', `${error.message}: ${describeError(causesOf(error).at(-1) ?? error)}`, {
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
  request: string;
}

function explainAnswer(failure: ApiFailure): CliError {
  const { foreign } = failure.moreInfo;
  if (foreign) return explainForeign(failure, foreign as ForeignSender);
  if (failure.moreInfo.reason === 'version_used_before') return usedUp(failure);
  const hint = isDenied(failure) ? denialHint(failure.request) : HINTS[failure.code];
  return new CliError(failure.code, sentenceOf(failure), {
    cause: failure,
    detail: { status: failure.status, moreInfo: failure.moreInfo },
    ...(hint ? { hint } : {}),
  });
}

/** Refused whatever the key: the sentence says what to do. */
const RULES = new Set(['channel_frozen', 'approval_required', 'own_approval', 'not_own_approval']);

// The server answers the same to a key that lacks a right and to one that does not see the place at all.
const isDenied = ({ status, code, message }: ApiFailure) =>
  /^(?:cannot_access_(?:app|organization)|no_access_to_organization|not_authorized|cannot_delete_app)$/.test(code) ||
  /^You can't (?:access|update|delete|promote)/.test(message) ||
  (status === 403 && !code.startsWith('proxy_') && !RULES.has(code));

/** The least mode of a key that may do it, by what was asked; see "Rights" of the management protocol. */
function denialHint(request: string): string {
  const isOwners = /^DELETE \/(?:app|channel)|\/(?:organization|webhooks|apikey)/.test(request);
  const isUpload = /^(?:POST \/bundle$|POST \/bundle\/metadata|PUT \/bundle|\w+ \/files)/.test(request);
  const isRead = request.startsWith('GET ');
  const mode = isOwners ? 'all' : isUpload ? 'upload' : isRead ? 'read' : 'write';
  const who = isOwners ? ', approved by an admin of the organization,' : '';
  return `If the name is right (overair app list), the key lacks a right: overair login --mode ${mode}${who} gives one that may.`;
}

function usedUp(failure: ApiFailure): CliError {
  const message = `A bundle ${String(failure.moreInfo.version)} existed and was deleted; its name cannot be used again, because phones may still run it.`;
  return new CliError('version_used_before', message, {
    cause: failure,
    hint: 'Pass --bump and the server takes the next free one, or another --bundle.',
    detail: { status: failure.status, moreInfo: failure.moreInfo },
  });
}

// What a proxy, a firewall or another program answered in the server's place.
function explainForeign(failure: ApiFailure, { server, said }: ForeignSender): CliError {
  const { status } = failure;
  const who = server ? `${server}, which is not the Overair server,` : 'Something between here and the server';
  const quoted = said ? ` ("${said}")` : '';
  const [code, what, hint] = foreignCase(status);
  return new CliError(code, `${who} answered ${status}${quoted}: ${what}.`, {
    cause: failure,
    hint,
    detail: { status, moreInfo: failure.moreInfo },
  });
}

function foreignCase(status: number): [code: string, what: string, hint: string] {
  if (status === 413) {
    const hint =
      'Raise its limit for bodies to 32 MB (nginx: client_max_body_size 32m); files travel in smaller parts by themselves.';
    return ['proxy_body_limit', 'it does not let so large a body through', hint];
  }
  if (status === 401 || status === 403 || status === 451) {
    const hint = 'A firewall or an access rule in front of the server refuses this; the API key was not looked at.';
    return ['proxy_refused', 'it lets this call not through', hint];
  }
  if (status === 429)
    return [
      'proxy_rate_limit',
      'it counts too many calls',
      'Wait a little, or raise the limit of what stands in front.',
    ];
  if (status >= 500) {
    const hint =
      'The proxy is up, but does not reach the server behind it: is it running, and at the port that the proxy names?';
    return ['proxy_unavailable', 'the server behind it gave no answer', hint];
  }
  return [
    'unexpected_answer',
    'an Overair server does not answer so',
    'Check the address, and the path behind it; overair doctor says more.',
  ];
}

/** The server's "Invalid body" alone would leave people guessing; the first issue names the field. */
function sentenceOf({ message, moreInfo }: ApiFailure): string {
  const { issues = [] } = (moreInfo.error ?? {}) as { issues?: { path: string[]; message: string }[] };
  const [issue] = issues;
  return issue && issue.message !== message ? `${message}: ${issue.path.join('.')}: ${issue.message}` : message;
}

function causesOf(error: Error): unknown[] {
  const causes: unknown[] = [];
  for (let current: unknown = error.cause; current; current = (current as Error).cause) causes.push(current);
  return causes;
}
