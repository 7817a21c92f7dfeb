// What signs cookies and encrypts second factors: made from the server's secret, and never that one itself.

import { hkdfSync } from 'node:crypto';

export const signInSecret = (secret: string): string =>
  Buffer.from(hkdfSync('sha256', secret, '', 'overair sign-in', 32)).toString('base64url');
