// What stands on the page of an invitation: who invites to what, then the key of the new account, shown once.

import type { Right } from '@overair/protocol/manage/member';
import type { Joined, ShownInvitation } from '../../accounts/invitations.ts';
import { CLI_COMMAND } from '../../cli-command.ts';
import { escaped, hashOf, NO_ICON, PAGE_STYLE } from '../../html.ts';
import { utcDay } from '../../utc-day.ts';

export const invitationPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(PAGE_STYLE)}`,
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const rightNames: Record<Right, string> = {
  read: 'see apps, bundles, channels, devices and statistics',
  upload: 'upload bundles and release them',
  write: 'manage apps, channels, devices and bundles',
  admin: 'manage apps, members, webhooks and settings',
  super_admin: 'do everything, deleting the organization included',
};

const page = (title: string, content: string) => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>${title} · Overair</title><meta name="viewport" content="width=device-width">${NO_ICON}<style>${PAGE_STYLE}</style></head><body>
<h1>${title}</h1>${content}</body></html>`;

/** `action="?"`: this very path, whatever a proxy has in front of it; the token travels in the body alone. */
export const invitationHtml = ({ org_name, email, user_right }: ShownInvitation, token: string) =>
  page(
    'You are invited',
    `
<dl><dt>Organization</dt><dd id="org">${escaped(org_name)}</dd><dt>You may</dt><dd id="right">${rightNames[user_right]} (${user_right})</dd>
<dt>Address of your new account</dt><dd id="email">${escaped(email)}</dd></dl>
<p>Accepting makes your account and its first API key. The key is shown once, on the next page: have a place ready to keep it.</p>
<form method="post" action="?"><input type="hidden" name="token" value="${escaped(token)}"><button id="accept">Accept</button></form>`,
  );

export const joinedHtml = ({ email, user_right, key, expires_at }: Joined, publicUrl: string) =>
  page(
    'Welcome',
    `
<p>The account of <strong>${escaped(email)}</strong> may now ${rightNames[user_right]}.</p>
<p>This is its API key. <strong>It is shown only now</strong>: copy it to where you keep passwords, before you leave this page.</p>
<code class="copied" id="key">${escaped(key)}</code>
<p>${expires_at ? `It ends on ${utcDay(expires_at)}: make another one before.` : 'It works until you revoke it.'}
It stands for you: give programs and colleagues keys of their own.</p>
<p>Next, on your computer, with the command line <code>${CLI_COMMAND}</code>, which you have from whoever invited you; paste the key when
you are asked for it:</p>
<code class="copied" id="command">${CLI_COMMAND} login --server ${escaped(publicUrl)}</code>`,
  );

export const refusedHtml = (reason: string) =>
  page('This invitation cannot be used', `<p id="error" role="alert">${escaped(reason)}.</p>`);
