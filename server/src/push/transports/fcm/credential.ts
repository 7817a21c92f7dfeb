// The credential of FCM: the service account of a Firebase project.

import type { Fields } from '../../fields.ts';
import { demandText, refuseKey, serviceUrl } from '../credential-fields.ts';

export interface FcmCredential {
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id: string;
  readonly token_uri: string;
  /** `https://fcm.googleapis.com`, or a relay. */
  readonly base_url: string;
  readonly ca: string | undefined;
}

/** The account's fields stand in `service_account`, or beside the others. */
export function parseCredential(fields: Fields, allowPrivate: boolean): FcmCredential {
  const account = fields.nested('service_account') ?? fields;
  const credential = {
    project_id: demandText(account, 'project_id'),
    client_email: demandText(account, 'client_email'),
    private_key: demandText(account, 'private_key'),
    private_key_id: account.text('private_key_id') ?? '',
    token_uri: serviceUrl(account, 'token_uri', 'https://oauth2.googleapis.com/token', allowPrivate),
    base_url: serviceUrl(fields, 'base_url', 'https://fcm.googleapis.com', allowPrivate),
    ca: fields.text('ca', 65_536),
  };
  refuseKey(credential.private_key, 'rsa', account.at('private_key'));
  return credential;
}
