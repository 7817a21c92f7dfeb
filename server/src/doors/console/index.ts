// The console door: the page for people, at /ui. It hands out what the build of console/ left in server/public; everything that the
// page knows it asks the session and management doors. Contract: docs/guide/console.md.

import { fileURLToPath } from 'node:url';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { wantsHtml } from '../../html.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import { type BuiltFile, type BuiltPage, type Encoding, loadBuiltPage } from './built-page.ts';
import { renderShell } from './shell.ts';

const PUBLIC_FOLDER = fileURLToPath(new URL('../../../public/', import.meta.url));
const NOT_BUILT =
  'The console was not built, so there is no page at /ui: run "npm run build -w console" in the clone and start again.';
/** Files below it carry the hash of their content in their name. */
const HASHED = 'assets/';

export function consoleDoor({ log }: Pick<Parts, 'log'>, folder = PUBLIC_FOLDER): FastifyPluginAsync {
  return async (scope) => {
    const page = loadBuiltPage(folder);
    if (page === undefined) log.warn(NOT_BUILT);
    const shared = { method: 'GET', auth: 'anybody', schema: { hide: true } } as const;
    addRoute(scope, { ...shared, url: '/', run: sendVisitor });
    addRoute(scope, { ...shared, url: '/ui', run: (request, reply) => answer(page, request, reply) });
    addRoute(scope, { ...shared, url: '/ui/*', run: (request, reply) => answer(page, request, reply) });
  };
}

/** Who opens the address of the server in a browser wants to see something; programs get the 404 that they always got. */
function sendVisitor(request: FastifyRequest, reply: FastifyReply) {
  if (!wantsHtml(request.headers)) return reply.callNotFound();
  // Relative to what the browser asked for: what stands in front of it, a proxy's path, stays.
  const asked = (request.originalUrl.split('?', 1)[0] as string).split('/').at(-1);
  return reply
    .code(302)
    .headers({ vary: 'accept', location: asked ? `./${asked}/ui` : './ui' })
    .send();
}

function answer(page: BuiltPage | undefined, request: FastifyRequest, reply: FastifyReply) {
  if (page === undefined) return reply.code(404).type('text/plain; charset=utf-8').send(`${NOT_BUILT}\n`);
  const below = (request.url.split('?', 1)[0] as string).slice('/ui'.length);
  const path = below.slice(1);
  const file = page.files.get(path);
  if (file !== undefined) return sendFile(file, path, request, reply);
  // An old chunk that is gone, not a page: a script that gets HTML fails without a word.
  if (path.startsWith(HASHED)) return reply.callNotFound();
  const { html, policy } = renderShell(page.shell, below);
  return reply
    .headers({ 'content-security-policy': policy, 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
    .type('text/html; charset=utf-8')
    .send(html);
}

function sendFile({ type, body, encoded }: BuiltFile, path: string, request: FastifyRequest, reply: FastifyReply) {
  const encoding = chooseEncoding(request.headers['accept-encoding'], encoded);
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  const isHashed = path.startsWith(HASHED);
  return reply
    .headers({
      vary: 'accept-encoding',
      'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    .type(type)
    .send(encoding === undefined ? body : encoded[encoding]);
}

function chooseEncoding(accepted: string | string[] | undefined, encoded: BuiltFile['encoded']): Encoding | undefined {
  const named = String(accepted ?? '')
    .split(',')
    .map((each) => each.trim().split(';', 1)[0]);
  return (['br', 'gzip'] as const).find((each) => encoded[each] !== undefined && named.includes(each));
}
