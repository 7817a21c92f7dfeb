// The path of a request as the doors know it: without what proxies put before it, and without what clients wrote twice.

import type { IncomingMessage } from 'node:http';

/** Clients of the original service that are pointed at another host ask below this prefix. */
export const FUNCTIONS_PREFIX = '/functions/v1';

/**
 * What Fastify takes for `rewriteUrl`. A proxy may strip the path prefix of `publicUrl` or leave it. A prefix that begins
 * like one of our own routes, such as `/app`, has to be stripped by the proxy: nothing would tell the two apart here.
 */
export function pathRewriter(publicUrl: string, isOwnSegment: (segment: string) => boolean) {
  const prefix = new URL(publicUrl).pathname.replace(/\/+$/, '');
  const first = prefix.split('/')[1] ?? '';
  return ({ url = '/' }: Pick<IncomingMessage, 'url'>): string => {
    let path = url.includes('//') ? withSingleSlashes(url) : url;
    if (prefix !== '' && !isOwnSegment(first)) path = without(prefix, path);
    return without(FUNCTIONS_PREFIX, path);
  };
}

function without(prefix: string, path: string): string {
  if (!path.startsWith(prefix)) return path;
  const rest = path.slice(prefix.length);
  if (rest.startsWith('/')) return rest;
  return rest === '' || rest.startsWith('?') ? `/${rest}` : path;
}

/** An `updateUrl` is often put together from an address that ends in a slash. What follows the `?` is not a path. */
function withSingleSlashes(url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.replace(/\/{2,}/g, '/') + url.slice(path.length);
}

/** A reference to what lies beside the path `url`, right behind any prefix and whether or not `url` ends in a slash. */
export function beside(url: string, relative: string): string {
  const path = url.split('?', 1)[0] as string;
  const slashes = /\/*$/.exec(path)?.[0].length ?? 0;
  return '../'.repeat(slashes) + relative;
}
