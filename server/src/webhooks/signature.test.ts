import { expect, test } from 'vitest';
import { newSecret, signedHeaders } from './signature.ts';

const secret = 'whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=';
const signed = {
  event: 'test.ping',
  event_id: 'evt_test_123',
  timestamp: 1704067200,
  body: '{"type":"test.ping","event":"test.ping"}',
};

test('both signatures match the published vector', () => {
  expect(signedHeaders(secret, 'standard', signed)).toMatchObject({
    'webhook-id': 'evt_test_123',
    'webhook-timestamp': '1704067200',
    'webhook-signature': 'v1,Bv1KlfTVem6ahtWoUUffzDTISeEs19w7Rjtay/srf8M=',
    'x-capgo-signature': 'v1=1704067200.53bb088059f92d2c1f26ce17dec68eeaa2a2fadcca34d6edb3a21579064bbc88',
  });
});

test('the older form has no standard headers', () => {
  expect(signedHeaders(secret, 'legacy', signed)).not.toHaveProperty('webhook-signature');
});

test('secrets are 32 random bytes', () => {
  const bytes = Buffer.from(newSecret().replace('whsec_', ''), 'base64');
  expect(bytes).toHaveLength(32);
  expect(newSecret()).not.toBe(newSecret());
});
