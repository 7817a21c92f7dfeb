import { createECDH, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { ENCRYPTION_OVERHEAD, encryptMessage } from './encryption.ts';

// http_ece is the second opinion; it has no types.
const ece = createRequire(import.meta.url)('http_ece') as {
  decrypt(body: Buffer, parameters: object): Buffer;
};

const text = (value: string) => Buffer.from(value, 'base64url');

test('104: the vector of RFC 8291 appendix A comes out byte for byte', () => {
  const body = encryptMessage(
    {
      p256dh: text('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
      auth: text('BTBZMqHH6r4Tts7J_aSIgg'),
    },
    Buffer.from('When I grow up, I want to be a watermelon'),
    { privateKey: text('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'), salt: text('DGv6ra1nlYgDCS1FRnbzlw') },
  );
  expect(body.toString('base64url')).toBe(
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  );
});

test.each([0, 1, 500, 3993])('another implementation reads a message of %i bytes', (size) => {
  const browser = createECDH('prime256v1');
  const p256dh = browser.generateKeys();
  const auth = randomBytes(16);
  const plaintext = randomBytes(size);
  const body = encryptMessage({ p256dh, auth }, plaintext);
  expect(body.length).toBe(size + ENCRYPTION_OVERHEAD);
  expect(ece.decrypt(body, { version: 'aes128gcm', privateKey: browser, authSecret: auth })).toEqual(plaintext);
});

test('no two messages share a key or a salt', () => {
  const p256dh = createECDH('prime256v1').generateKeys();
  const heads = Array.from({ length: 600 }, () =>
    encryptMessage({ p256dh, auth: Buffer.alloc(16) }, Buffer.from('x')).subarray(0, 86),
  );
  expect(new Set(heads.map((head) => head.subarray(0, 16).toString('hex'))).size).toBe(600);
  expect(new Set(heads.map((head) => head.subarray(21).toString('hex'))).size).toBe(600);
});

test('a key that is no point of the curve is refused', () => {
  expect(() => encryptMessage({ p256dh: Buffer.alloc(65, 4), auth: Buffer.alloc(16) }, Buffer.from('x'))).toThrow();
});
