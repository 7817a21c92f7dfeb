// Requests that a browser sends with its cookies: whether a page of this server asked for them, or a stranger's.

import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../errors.ts';

const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);

interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Throws `foreign_origin` for a request that changes something and that no page of `publicOrigin` sent. With a cookie the
 * browser has to say where the page came from; who sends none, and no cookie either, is no browser.
 */
export function assertOwnOrigin({ method, headers }: Asked, publicOrigin: string, hasCookie: boolean): void {
  if (harmless.has(method)) return;
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') throw foreign(origin, publicOrigin);
  if (origin === undefined ? hasCookie : origin !== publicOrigin) throw foreign(origin, publicOrigin);
}

function foreign(origin: string | undefined, publicOrigin: string): AppError {
  const from = origin === undefined ? 'no Origin header' : `the origin ${origin.slice(0, 200)}`;
  return new AppError(
    'foreign_origin',
    403,
    `The request came with ${from}, and this server's pages are at ${publicOrigin}: open that address, or set OVERAIR_PUBLIC_URL to the one in use`,
  );
}
