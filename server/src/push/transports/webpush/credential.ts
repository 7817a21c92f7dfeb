// The credential of Web Push: the key pair that browsers' subscriptions are bound to, and whom push services may write to.

import type { Fields } from '../../fields.ts';
import { refuse } from '../../refusals.ts';
import { newVapidKeys, refuseVapidKeys } from './vapid.ts';

export interface WebPushCredential {
  readonly public_key: string;
  readonly private_key: string;
  /** `mailto:` or `https:` contact for the push services. */
  readonly subject: string;
  /** Hosts accepted besides the browsers' own; `*` accepts any public host. */
  readonly hosts: readonly string[];
  /** PEM of a certificate authority that the endpoints' servers use. */
  readonly ca: string | undefined;
}

/** Makes a key pair when the owner brings none. */
export function parseCredential(fields: Fields): WebPushCredential {
  const given = { public_key: fields.text('public_key'), private_key: fields.text('private_key') };
  const keys =
    given.public_key && given.private_key
      ? { public_key: given.public_key, private_key: given.private_key }
      : newVapidKeys();
  const wrong = refuseVapidKeys(keys);
  if (wrong) throw refuse('field_invalid', wrong);
  const subject = fields.text('subject', 255);
  if (!subject || !/^(mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/.test(subject) || /localhost/.test(subject)) {
    throw refuse('field_invalid', 'subject is not a mailto: or https: contact');
  }
  return { ...keys, subject, hosts: fields.list('hosts', 50, 255) ?? [], ca: fields.text('ca', 65_536) };
}
