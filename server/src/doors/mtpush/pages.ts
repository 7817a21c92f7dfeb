// The SDK's two files and a page that tries them, served from the root: a worker rules only what lies below it.

import { readFile } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { addRoute } from '../route.ts';
import { EXAMPLE_HTML, examplePolicy } from './example-page.ts';

const FILES = [
  ['/overair-push.js', 'page'],
  ['/overair-push-worker.js', 'worker'],
] as const;

export function pageRoutes(root: FastifyInstance): void {
  const kept = new Map<string, Promise<string>>();
  for (const [url, name] of FILES) {
    addRoute(root, {
      method: 'GET',
      url,
      auth: 'anybody',
      async run(_request, reply) {
        const text = kept.get(name) ?? readSdk(name);
        kept.set(name, text);
        // A policy on a worker's script binds the worker, which reports to its server.
        reply.removeHeader('content-security-policy');
        return reply
          .type('text/javascript; charset=utf-8')
          .header('cache-control', 'no-cache')
          .send(await text);
      },
    });
  }
  addRoute(root, {
    method: 'GET',
    url: '/overair-push-example',
    auth: 'anybody',
    run: (_request, reply) =>
      reply.type('text/html; charset=utf-8').header('content-security-policy', examplePolicy).send(EXAMPLE_HTML),
  });
}

/** The built file; in development, where this very file is not built either, its source without the types. */
async function readSdk(name: 'page' | 'worker'): Promise<string> {
  const home = dirname(createRequire(import.meta.url).resolve('@overair/sdk/package.json'));
  if (!import.meta.url.endsWith('.ts')) return readFile(join(home, 'dist', `${name}.js`), 'utf8');
  return stripTypeScriptTypes(await readFile(join(home, 'src', `${name}.ts`), 'utf8'));
}
