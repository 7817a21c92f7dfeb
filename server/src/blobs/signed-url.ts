// Download URLs that only this server can make: who holds one may fetch those bytes, and nothing else, for some days.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { DAY_MS } from '../utc-day.ts';

// Devices may start or resume a download days after the update check. The expiry lies on a day boundary (UTC), so that
// an object's URL stays the same for a day and shared caches can hold it.
const VALID_DAYS = 8;

interface Download {
  appUuid: string;
  sha256: string;
}

interface SignDownload extends Download {
  secret: string;
  /** Such as `https://updates.example.com`, without a slash at the end. */
  origin: string;
  /** A file name or path for people and logs; its last segment ends the URL. Not covered by the signature. */
  name: string;
  nowMs: number;
}

interface VerifyDownload extends Download {
  secret: string;
  /** Query parameters `e` and `s`, as they came. */
  expires: unknown;
  signature: unknown;
  nowMs: number;
}

/** An absolute URL of the files door, valid for 7 to 8 days. */
export function signDownload(input: SignDownload): string {
  const expires = expiryAt(input.nowMs);
  return downloadUrl(input, expires, signatureOf(input.secret, input, expires));
}

type DownloadVerdict = 'ok' | 'expired' | 'wrong';

/** Says `expired` only of what this server did sign. Takes the same time for every wrong signature. */
export function verifyDownload(input: VerifyDownload): DownloadVerdict {
  if (typeof input.expires !== 'string' || !/^\d{1,12}$/.test(input.expires)) return 'wrong';
  if (typeof input.signature !== 'string') return 'wrong';
  const expires = Number(input.expires);
  const expected = Buffer.from(signatureOf(input.secret, input, expires));
  const given = Buffer.from(input.signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'wrong';
  return input.nowMs < expires * 1000 ? 'ok' : 'expired';
}

export type DownloadSigner = (download: Download & { name: string; nowMs: number }) => string;

/** `signDownload` for the hot path: remembers the day's signatures, so that a manifest of a thousand files costs no hashing. */
export function createDownloadSigner(
  { secret, origin }: { secret: string; origin: string },
  maxRemembered = 100_000,
): DownloadSigner {
  let day = -1;
  const signatures = new LRUCache<string, string>({ max: maxRemembered });
  return (download) => {
    const expires = expiryAt(download.nowMs);
    if (expires !== day) signatures.clear();
    day = expires;
    const key = download.appUuid + download.sha256;
    let signature = signatures.get(key);
    if (signature === undefined) {
      signature = signatureOf(secret, download, expires);
      signatures.set(key, signature);
    }
    return downloadUrl({ ...download, origin }, expires, signature);
  };
}

/** Unix seconds. */
function expiryAt(nowMs: number): number {
  return ((Math.floor(nowMs / DAY_MS) + VALID_DAYS) * DAY_MS) / 1000;
}

function downloadUrl({ origin, appUuid, sha256, name }: Omit<SignDownload, 'secret' | 'nowMs'>, e: number, s: string) {
  return `${origin}/files/get/${appUuid}/${sha256}/${shownName(name)}?e=${e}&s=${s}`;
}

function shownName(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1);
  // Clients and routers do not keep a last segment that is empty or a dot or two.
  if (last === '' || last === '.' || last === '..') return 'file';
  // encodeURIComponent throws on half a surrogate pair.
  return encodeURIComponent(last.toWellFormed());
}

// The leading word keeps these signatures apart from whatever else the server signs with its secret.
function signatureOf(secret: string, { appUuid, sha256 }: Download, expires: number): string {
  return createHmac('sha256', secret).update(`download\n${appUuid}\n${sha256}\n${expires}`).digest('base64url');
}
