// The one HTML document of the console, as each request gets it: with a nonce of its own, and with addresses that hold below any prefix.

import { randomBytes } from 'node:crypto';

/** What the build writes where the nonce of a request belongs. Source: console/vite.config.ts. */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';

/** Mantine puts its variables into `<style>` elements, which need the nonce; no script is inline. */
const policyOf = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** `below`: the path of the request behind `/ui`, without its query: '', `/`, `/app/com.example.app`. */
export function renderShell(shell: string, below: string): { html: string; policy: string } {
  const nonce = randomBytes(16).toString('base64');
  const depth = below.split('/').length - 1;
  // The build refers to its files as `./…`: beside this document they lie `depth - 1` folders up, or below `ui/` when it has no slash.
  const toRoot = depth === 0 ? './ui/' : `./${'../'.repeat(depth - 1)}`;
  const html = shell.replaceAll('="./', `="${toRoot}`).replaceAll(NONCE_PLACEHOLDER, nonce);
  return { html, policy: policyOf(nonce) };
}
