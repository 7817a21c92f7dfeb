// What a signed download URL promises: stable for a day, valid for a week, and worthless when touched.

import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../utc-day.ts';
import { createDownloadSigner, signDownload, verifyDownload } from './signed-url.ts';

const nowMs = Date.parse('2026-03-04T13:14:15Z');
const download = {
  secret: 'a secret',
  origin: 'https://updates.example.com',
  appUuid: '6f1de6c5-2b6f-4d0c-9c33-0d7b6f7f6f11',
  sha256: 'ab'.repeat(32),
  name: '1.2.3.zip',
  nowMs,
};

function verify(url: string, change: Partial<Parameters<typeof verifyDownload>[0]> = {}) {
  const { pathname, searchParams } = new URL(url);
  const [, , , appUuid = '', sha256 = ''] = pathname.split('/');
  const [expires, signature] = [searchParams.get('e'), searchParams.get('s')];
  return verifyDownload({ secret: download.secret, appUuid, sha256, expires, signature, nowMs, ...change });
}

describe('a signed download URL', () => {
  const url = signDownload(download);

  it('names the app, the bytes and a file', () => {
    const { origin, pathname } = new URL(url);
    expect(origin).toBe(download.origin);
    expect(pathname).toBe(`/files/get/${download.appUuid}/${download.sha256}/1.2.3.zip`);
  });

  it('is the same all day, and another one on the next', () => {
    const midnight = Date.parse('2026-03-04T00:00:00Z');
    expect(signDownload({ ...download, nowMs: midnight })).toBe(url);
    expect(signDownload({ ...download, nowMs: midnight + DAY_MS - 1 })).toBe(url);
    expect(signDownload({ ...download, nowMs: midnight + DAY_MS })).not.toBe(url);
  });

  it.each([
    ['now', 0, 'ok'],
    ['after seven days', 7 * DAY_MS, 'ok'],
    ['after eight days', 8 * DAY_MS, 'expired'],
  ] as const)('is %s valid or not', (_name, laterMs, verdict) => {
    expect(verify(url, { nowMs: nowMs + laterMs })).toBe(verdict);
  });

  it.each([
    ['another secret', { secret: 'another' }],
    ['another app', { appUuid: '00000000-0000-4000-8000-000000000000' }],
    ['other bytes', { sha256: 'cd'.repeat(32) }],
    ['a later expiry', { expires: '9999999999' }],
    ['no expiry', { expires: undefined }],
    ['an expiry that is no number', { expires: '1e9' }],
    ['no signature', { signature: undefined }],
    ['an empty signature', { signature: '' }],
    ['a list of signatures', { signature: ['a', 'b'] }],
    ['a signature of the right length', { signature: 'é'.repeat(43) }],
  ])('is refused with %s', (_name, change) => {
    expect(verify(url, change)).toBe('wrong');
  });

  it.each([
    ['assets/é+ü &?#%.js', '%C3%A9%2B%C3%BC%20%26%3F%23%25.js'],
    ['half \ud800 pair', 'half%20%EF%BF%BD%20pair'],
    ['', 'file'],
    ['a/..', 'file'],
    ['.', 'file'],
    ['...', '...'],
  ])('encodes the name %j', (name, shown) => {
    const named = signDownload({ ...download, name });
    expect(new URL(named).pathname.split('/').at(-1)).toBe(shown);
    expect(verify(named)).toBe('ok');
  });

  it('is what a remembering signer makes, too', () => {
    const sign = createDownloadSigner(download, 2);
    const days = [nowMs, nowMs, nowMs + DAY_MS, nowMs];
    for (const sha256 of ['1', '2', '3', '4', '1'].map((digit) => digit.repeat(64))) {
      for (const day of days) {
        const asked = { ...download, sha256, nowMs: day };
        expect(sign(asked)).toBe(signDownload(asked));
      }
    }
  });
});
