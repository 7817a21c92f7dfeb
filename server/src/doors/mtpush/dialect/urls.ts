// URLs that callers put into messages: what may stand where something is opened or shown on somebody's device.

import type { Fields } from '../../../push/fields.ts';
import { refuse } from '../../../push/refusals.ts';

/** Read the way a browser reads it: blanks and line ends inside a scheme do not hide it. */
const protocolOf = (text: string, base?: string): string | undefined => URL.parse(text, base)?.protocol;

const isHttp = (protocol: string | undefined): boolean => protocol === 'https:' || protocol === 'http:';

/** A page to open: an absolute http or https URL; undefined when it is absent or empty. */
export function readPageUrl(fields: Fields, key: string): string | undefined {
  const value = fields.text(key);
  if (!value) return undefined;
  if (isHttp(protocolOf(value))) return value;
  throw refuse('field_invalid', `${fields.at(key)} is not an absolute http or https URL`);
}

/** A picture to show: an http or https URL, or a path below the site. */
export function readImageUrl(fields: Fields, key: string): string | undefined {
  const value = fields.text(key);
  if (!value) return undefined;
  if (isHttp(protocolOf(value, 'https://site.invalid/'))) return value;
  throw refuse('field_invalid', `${fields.at(key)} is not an http or https URL or a path`);
}

/** Schemes that run what they are given, or lead into the phone itself instead of to an app. */
const RUNS = new Set(['javascript:', 'vbscript:', 'data:', 'blob:', 'file:', 'filesystem:', 'content:', 'about:']);

/** What an app on a phone interprets: a resource, a path, `intent:`, a scheme of its own; nothing that runs. */
export function readAppUrl(fields: Fields, key: string): string | undefined {
  const value = fields.text(key);
  if (!value) return value;
  // An `intent:` names the scheme that it will open after `scheme=`.
  const inner = /[#;]\s*scheme\s*=\s*([^;]*)/i.exec(value)?.[1];
  const protocols = [protocolOf(value, 'https://site.invalid/'), inner && protocolOf(`${inner.trim()}:x`)];
  if (!protocols.some((protocol) => protocol && RUNS.has(protocol))) return value;
  throw refuse('field_invalid', `${fields.at(key)} has a scheme that is not allowed`);
}
