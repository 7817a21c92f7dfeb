// Answers that every generation of clients can digest, whatever was decided (docs/protocol/device.md §1).

import { refusals } from '@overair/protocol/device/refusals';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDownloadSigner } from '../../blobs/signed-url.ts';
import { decide } from '../../updates/decide.ts';
import { anyQuestion, anyState } from '../../updates/testing/arbitraries.ts';
import { AnswerWriter } from './answer.ts';

const origin = 'https://updates.example.com';
const nowMs = Date.parse('2026-11-21T12:00:00Z');
const writer = new AnswerWriter(createDownloadSigner({ secret: 'a secret for the test', origin }), origin);

const answers = fc.tuple(fc.option(anyState, { nil: undefined, freq: 20 }), anyQuestion).map(([state, question]) => {
  const decision = decide(state, question);
  return { decision, question, body: JSON.parse(writer.write(decision, state, question, nowMs)) };
});
const settings = { seed: 20_261_121, numRuns: 4_000 };

function expectRefusal(body: Record<string, unknown>): void {
  const kinds = new Set(Object.values(refusals).map(({ kind }) => kind));
  expect(typeof body['error'] === 'string' && body['error'] in refusals).toBe(true);
  expect(typeof body['message'] === 'string' && body['message'] !== '').toBe(true);
  expect(kinds).toContain(body['kind']);
  for (const key of ['url', 'checksum', 'session_key', 'manifest', 'link', 'comment', 'data']) {
    expect(body).not.toHaveProperty(key);
  }
}

function expectOffer(body: Record<string, unknown>): void {
  for (const key of ['error', 'kind', 'message']) expect(body).not.toHaveProperty(key);
  expect(typeof body['url'] === 'string' && /^https?:\/\/./.test(body['url']) && URL.canParse(body['url'])).toBe(true);
  expect(body['session_key']).toBeTypeOf('string');
  expect(Object.values(body)).not.toContain(null);
  for (const key of ['checksum', 'link', 'comment', 'sessionKey']) {
    if (key in body) expect(body[key]).toMatch(/./);
  }
  if (!('manifest' in body)) return;
  const manifest = body['manifest'] as Record<string, string>[];
  expect(manifest.length).toBeGreaterThan(0);
  for (const entry of manifest) {
    expect(Object.keys(entry)).toEqual(['file_name', 'file_hash', 'download_url']);
    expect(Object.values(entry).every((value) => typeof value === 'string' && value !== '')).toBe(true);
    expect(URL.canParse(entry['download_url'] as string)).toBe(true);
  }
}

test('a refusal has all three keys and none of an offer; an offer none of the three', () => {
  fc.assert(
    fc.property(answers, ({ decision, body }) => {
      if (decision.kind === 'refusal') expectRefusal(body);
      else if (decision.kind === 'builtin') expect(body).toEqual({ version: 'builtin' });
      else expectOffer(body);
    }),
    settings,
  );
});

test('keys that iOS decodes strictly have the types it wants', () => {
  fc.assert(
    fc.property(answers, ({ body }) => {
      for (const key of ['version', 'checksum', 'url', 'message', 'error', 'kind', 'session_key', 'link', 'comment']) {
        if (key in body) expect(body[key]).toBeTypeOf('string');
      }
      for (const key of ['major', 'breaking']) if (key in body) expect(body[key]).toBeTypeOf('boolean');
    }),
    settings,
  );
});

test('the checksum is one that the client compares with what it has', () => {
  fc.assert(
    fc.property(answers, ({ decision, question: { client }, body }) => {
      if (decision.kind !== 'update') return;
      const { checksum, checksum_v2, crc32, session_key } = decision.bundle;
      if (session_key !== null) {
        expect(body.checksum).toBe((client.encryption === 'v2' ? checksum_v2 : null) ?? checksum ?? undefined);
      } else if (client.digest === 'crc32') expect([crc32, '3885ee49', undefined]).toContain(body.checksum);
      else expect(body.checksum).toBe(checksum ?? undefined);
      expect('sessionKey' in body).toBe(client.electron && session_key !== null);
    }),
    settings,
  );
});
