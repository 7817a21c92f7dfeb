// Makes the ids and secrets of the dialect, in the forms its callers know.

import { randomBytes } from 'node:crypto';

const BASE32HEX = '0123456789abcdefghijklmnopqrstuv';

/** App key or group key: 24 lower-case hex characters. */
export const newKey = (): string => randomBytes(12).toString('hex');

/** Master secret: 24 lower-case hex characters, 96 random bits. */
export const newMasterSecret = (): string => randomBytes(12).toString('hex');

/** 19 lower-case hex characters, as in every sample of the dialect. */
export const newRegistrationId = (): string => randomBytes(10).toString('hex').slice(0, 19);

/** The HMAC key of a device's reports. */
export const newDeviceSecret = (): string => randomBytes(32).toString('base64url');

/** 4 bytes of time and 8 random bytes in base32hex without padding: 20 characters that sort by second. */
export function newGroupMsgid(nowMs: number): string {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(Math.floor(nowMs / 1000) % 2 ** 32);
  randomBytes(8).copy(bytes, 4);
  let bits = BigInt(`0x${bytes.toString('hex')}`) << 4n;
  let text = '';
  for (let index = 0; index < 20; index += 1) {
    text = BASE32HEX[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return text;
}
