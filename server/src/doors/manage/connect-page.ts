// GET /connect: the page on which an owner approves a program. One document, the same for everybody; nothing foreign is loaded.

import type { FastifyInstance } from 'fastify';
import { hashOf, NO_ICON, PAGE_STYLE } from '../../html.ts';
import { addRoute } from '../route.ts';
import { CONNECT_SCRIPT } from './connect-script.ts';

const style = `${PAGE_STYLE}
#user_code{font:1.5rem ui-monospace,monospace;letter-spacing:.1em;text-transform:uppercase}`;

const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Connect a program · Overair</title>
<meta name="viewport" content="width=device-width">${NO_ICON}<style>${style}</style></head><body>
<h1>Connect a program</h1>
<form id="find">
<label>Code that the program shows<input id="user_code" required maxlength="20" autocomplete="off" autocapitalize="characters" spellcheck="false"></label>
<label>One of your API keys<input id="key" type="password" required autocomplete="off" spellcheck="false">
<small>With all rights and no limits: only such keys make keys. It stays on this page and is forgotten with it.</small></label>
<button>Continue</button>
</form>
<form id="decide" hidden>
<p>Approve only what you have started yourself, a moment ago, and if your program shows <strong id="shown_code"></strong>.</p>
<dl><dt>Who asks</dt><dd id="client_name"></dd><dt>From the address</dt><dd id="client_ip"></dd>
<dt>Asked at</dt><dd id="created_at"></dd><dt>Wants</dt><dd id="wanted"></dd></dl>
<label>Its key may<select id="mode">
<option value="read">read</option>
<option value="upload">upload bundles and release them</option>
<option value="write">manage apps, channels, devices and bundles</option>
<option value="all">do everything that you may</option></select></label>
<label>in<select id="org"><option value="">all your organizations</option></select></label>
<label>for these apps<input id="apps" placeholder="all apps" autocomplete="off" autocapitalize="none" spellcheck="false">
<small>App ids with commas between them.</small></label>
<label>until<select id="days"><option value="">it is revoked</option><option value="30">30 days from now</option>
<option value="90">90 days from now</option><option value="365">a year from now</option></select></label>
<button id="approve">Approve</button><button id="deny" type="button">Deny</button>
</form>
<p id="done" role="status"></p><p id="error" role="alert"></p>
<noscript>This page needs JavaScript. An API key can also be handed to the program itself: overair login --apikey.</noscript>
<script>${CONNECT_SCRIPT}</script></body></html>`;

/** `form-action 'none'`: without its script the page must not put the key into an address. */
const policy = [
  "default-src 'none'",
  `script-src ${hashOf(CONNECT_SCRIPT)}`,
  `style-src ${hashOf(style)}`,
  'img-src data:',
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function connectPageRoute(app: FastifyInstance): void {
  addRoute(app, {
    method: 'GET',
    url: '/connect',
    auth: 'anybody',
    schema: { hide: true },
    run: (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .headers({
          'content-security-policy': policy,
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
        })
        .send(page),
  });
}
