// Pages that this door writes itself: one document each, no foreign host, and a policy that allows exactly its own bytes.

import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escaped = (text: unknown): string => String(text).replace(/[&<>"']/g, (sign) => escapes[sign]!);

/** For `script-src` and `style-src`. */
export const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const PAGE_STYLE = `
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}
label{display:block;margin:1rem 0}input,select{display:block;box-sizing:border-box;width:100%;font:inherit;padding:.4rem}
dt{color:GrayText}dd{margin:0 0 .5rem;font-weight:600;overflow-wrap:anywhere}small{color:GrayText}
button{font:inherit;padding:.5rem 1.25rem;margin-right:.5rem}#error{color:light-dark(#b00020,#ff8a8a);font-weight:600}
code{font:1rem ui-monospace,monospace;overflow-wrap:anywhere}.copied{display:block;padding:.75rem;border:1px solid GrayText;user-select:all}`;

/** Without it browsers ask for /favicon.ico, and a page that loads nothing complains of that. Its policy needs `img-src data:`. */
export const NO_ICON = '<link rel="icon" href="data:,">';

/** A browser that opens an address; programs ask for JSON, or for anything. */
export const wantsHtml = ({ accept }: IncomingHttpHeaders): boolean => /\btext\/html\b/.test(accept ?? '');
