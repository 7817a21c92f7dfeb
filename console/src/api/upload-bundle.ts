// A zip as a bundle: its checksum here, its bytes to the files door, and then the bundle by its name.
// Contract: docs/protocol/files.md.

import { ApiError } from '@overair/protocol/client';
import type { UploadDone } from '@overair/protocol/files';
import { serverUrl } from '../base-path.ts';
import { api } from './client.ts';

export type UploadStep = { readonly step: 'hashing' | 'making' } | { readonly step: 'sending'; readonly share: number };

interface Upload {
  readonly app_id: string;
  /** Undefined: the next patch version. */
  readonly version: string | undefined;
  readonly file: File;
  readonly onStep: (step: UploadStep) => void;
}

/** Browsers compute checksums on https and localhost alone. */
export const canHash = (): boolean => globalThis.crypto?.subtle !== undefined;

export async function uploadBundle({ app_id, version, file, onStep }: Upload): Promise<string> {
  onStep({ step: 'hashing' });
  const sha256 = await sha256Of(file);
  const { crc32 } = await send(app_id, sha256, file, (share) => onStep({ step: 'sending', share }));
  onStep({ step: 'making' });
  const named = version === undefined ? { bump: 'patch' as const } : { version };
  const bundle = await api.bundles.create({ app_id, ...named, upload: sha256, checksum: sha256, crc32 });
  return bundle.name;
}

async function sha256Of(file: File): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Not fetch, which does not tell how much is on its way. */
function send(app_id: string, sha256: string, file: File, onProgress: (share: number) => void): Promise<UploadDone> {
  const query = new URLSearchParams({ app_id, kind: 'zip', sha256 });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', `${serverUrl}/files/upload?${query}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total);
    request.onerror = () => reject(new TypeError('the connection broke'));
    request.onload = () => {
      const answer = parse(request.responseText);
      if (request.status < 300) return resolve(answer as unknown as UploadDone);
      const { error = 'unexpected_answer', message = `The server answered ${request.status}` } = answer;
      reject(new ApiError(request.status, String(error), String(message), {}));
    };
    request.send(file);
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
