// Fields that credentials of several services have in common.

import { createPrivateKey } from 'node:crypto';
import { refuseUrl } from '../../net/safe-connect.ts';
import type { Fields } from '../fields.ts';
import { refuse } from '../refusals.ts';

export function demandText(fields: Fields, key: string): string {
  const value = fields.text(key, 16_384);
  if (!value) throw refuse('field_missing', fields.at(key));
  return value;
}

/** An address of the service, without a slash at its end. */
export function serviceUrl(fields: Fields, key: string, fallback: string, allowPrivate: boolean): string {
  const value = fields.text(key, 1024) || fallback;
  const wrong = refuseUrl(value, { allowPrivate });
  if (wrong) throw refuse('field_invalid', `${fields.at(key)} ${wrong}`);
  return value.replace(/\/+$/, '');
}

export function refuseKey(pem: string, type: 'rsa' | 'ec', at: string): void {
  try {
    if (createPrivateKey(pem).asymmetricKeyType === type) return;
  } catch {
    // Falls through: the reason would repeat parts of the key.
  }
  throw refuse('field_invalid', `${at} is not a PKCS#8 private key of type ${type}`);
}
