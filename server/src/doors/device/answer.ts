// Decisions as the JSON that each generation of clients can digest (docs/protocol/device.md §1 and §4.7).

import { refusals } from '@overair/protocol/device/refusals';
import type { DownloadSigner } from '../../blobs/signed-url.ts';
import { hasZip } from '../../updates/checks.ts';
import type { Client } from '../../updates/client.ts';
import type { Decision, Refusal, Update } from '../../updates/decision.ts';
import type { Question } from '../../updates/question.ts';
import type { AppState, Bundle } from '../../updates/release-state.ts';
import { DAY_MS } from '../../utc-day.ts';

interface Refused {
  error: string;
  message: string;
  kind: string;
  [extra: string]: unknown;
}

/** Android tests "has key", so a refusal has all three and a success has none of them. */
function refusalBody({ code, message, extra }: Refusal): Refused {
  const facts = refusals[code];
  return { error: code, message: message ?? facts.message, ...extra, kind: facts.kind };
}

export const appUnknown: Refused = refusalBody({ kind: 'refusal', code: 'app_not_found' });

/** Most devices hear the same few words: those are printed once. */
const plainRefusals = new Map<string, string>();

function printRefusal(refusal: Refusal): string {
  if (refusal.extra !== undefined || refusal.message !== undefined) return JSON.stringify(refusalBody(refusal));
  let text = plainRefusals.get(refusal.code);
  if (text === undefined) {
    text = JSON.stringify(refusalBody(refusal));
    plainRefusals.set(refusal.code, text);
  }
  return text;
}

const backToStore = JSON.stringify({ version: 'builtin' });

/** Renders answers to `/updates`. Offers of one bundle to one kind of client are alike for a day, and kept as text. */
export class AnswerWriter {
  readonly #sign: DownloadSigner;
  readonly #publicUrl: string;
  #offers = new WeakMap<Bundle, Map<string, string>>();
  #day = -1;

  constructor(sign: DownloadSigner, publicUrl: string) {
    this.#sign = sign;
    this.#publicUrl = publicUrl;
  }

  write(decision: Decision, state: AppState | undefined, question: Question, nowMs: number): string {
    if (decision.kind === 'refusal') return printRefusal(decision);
    if (decision.kind === 'builtin' || state === undefined) return backToStore;
    return this.#offer(decision, state, question.client, nowMs);
  }

  #offer(update: Update, state: AppState, client: Client, nowMs: number): string {
    const day = Math.floor(nowMs / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#offers = new WeakMap();
    }
    const { bundle, withManifest } = update;
    const kind = withManifest ? client.shapeWithManifest : client.shape;
    let ofBundle = this.#offers.get(bundle);
    if (ofBundle === undefined) {
      ofBundle = new Map();
      this.#offers.set(bundle, ofBundle);
    }
    let text = ofBundle.get(kind);
    if (text === undefined) {
      text = JSON.stringify(this.#body(bundle, withManifest, state, client, nowMs));
      ofBundle.set(kind, text);
    }
    return text;
  }

  #body(bundle: Bundle, withManifest: boolean, state: AppState, client: Client, nowMs: number) {
    const { name, session_key, link, comment } = bundle;
    const checksum = checksumFor(bundle, client);
    return {
      version: name,
      url: this.#zipUrl(bundle, state, nowMs),
      session_key: session_key ?? '',
      ...(client.electron && session_key !== null && { sessionKey: session_key }),
      ...(checksum && { checksum }),
      ...(withManifest && { manifest: this.#manifest(bundle, state, client, nowMs) }),
      ...(state.expose_metadata && client.metadata && link && { link }),
      ...(state.expose_metadata && client.metadata && comment && { comment }),
    };
  }

  /** Without a zip the list of files does the work, but clients still insist on a URL. */
  #zipUrl(bundle: Bundle, { uuid }: AppState, nowMs: number): string {
    if (bundle.external_url && hasZip(bundle)) return bundle.external_url;
    if (bundle.object_sha256 === null) return `${this.#publicUrl}/files/no-zip/${encodeURIComponent(bundle.name)}.zip`;
    return this.#sign({ appUuid: uuid, sha256: bundle.object_sha256, name: `${bundle.name}.zip`, nowMs });
  }

  #manifest(bundle: Bundle, { uuid }: AppState, client: Client, nowMs: number) {
    return bundle.manifest.map(({ file_name, file_hash, file_hash_v2, object_sha256 }) => ({
      file_name,
      file_hash: client.encryption === 'v2' && file_hash_v2 !== null ? file_hash_v2 : file_hash,
      download_url: this.#sign({ appUuid: uuid, sha256: object_sha256, name: file_name, nowMs }),
    }));
  }
}

const crc32Pattern = /^[0-9a-f]{8}$/;

/** Undefined: leave the key out. A digest of the wrong kind would fail on the device; clients of that age accept none. */
function checksumFor(bundle: Bundle, client: Client): string | undefined {
  const { checksum, checksum_v2, crc32, session_key } = bundle;
  if (session_key !== null) return (client.encryption === 'v2' && checksum_v2) || checksum || undefined;
  if (client.digest === 'sha256') return checksum ?? undefined;
  return crc32 ?? (checksum !== null && crc32Pattern.test(checksum) ? checksum : undefined);
}
