// The credential of APNs: an authentication key of a developer's team, and the app that it sends to.

import type { Fields } from '../../fields.ts';
import { demandText, refuseKey, serviceUrl } from '../credential-fields.ts';

export interface ApnsCredential {
  /** PKCS#8 PEM, the content of the .p8 file. */
  readonly p8: string;
  readonly key_id: string;
  readonly team_id: string;
  readonly bundle_id: string;
  readonly production_url: string;
  readonly sandbox_url: string;
  readonly ca: string | undefined;
}

export function parseCredential(fields: Fields, allowPrivate: boolean): ApnsCredential {
  const credential = {
    p8: demandText(fields, 'p8'),
    key_id: demandText(fields, 'key_id'),
    team_id: demandText(fields, 'team_id'),
    bundle_id: demandText(fields, 'bundle_id'),
    production_url: serviceUrl(fields, 'production_url', 'https://api.push.apple.com', allowPrivate),
    sandbox_url: serviceUrl(fields, 'sandbox_url', 'https://api.sandbox.push.apple.com', allowPrivate),
    ca: fields.text('ca', 65_536),
  };
  refuseKey(credential.p8, 'ec', 'p8');
  return credential;
}
