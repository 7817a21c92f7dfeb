// A worker thread that opens stored subscriptions and encrypts for them, so that the main thread only sends.

import { parentPort, workerData } from 'node:worker_threads';
import { createVault } from '../../../secrets.ts';
import { openAddress } from '../sealed-address.ts';
import { encryptMessage } from './encryption.ts';
import { unpackSubscription } from './subscription.ts';

/** A batch: which plaintext each subscription gets, by its place in `plaintexts`. */
export interface EncryptionJob {
  readonly id: number;
  readonly appId: string;
  readonly sealed: readonly string[];
  readonly plaintexts: readonly Uint8Array[];
  readonly choice: readonly number[];
}

/** Where each body lies in `bytes`; no endpoint marks a subscription that cannot be used. */
export interface EncryptionResult {
  readonly id: number;
  readonly endpoints: readonly (string | null)[];
  readonly ends: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const vault = createVault((workerData as { secret: string }).secret);

parentPort?.on('message', (job: EncryptionJob) => {
  const result = run(job);
  parentPort?.postMessage(result, [result.bytes.buffer]);
});

function run(job: EncryptionJob): EncryptionResult {
  const endpoints: (string | null)[] = [];
  const ends: number[] = [];
  const bodies: Buffer[] = [];
  let end = 0;
  for (const [index, sealed] of job.sealed.entries()) {
    const plaintext = job.plaintexts[job.choice[index] ?? -1];
    if (!plaintext) throw new Error('A subscription was given no plaintext');
    let endpoint: string | null = null;
    try {
      const subscription = unpackSubscription(openAddress(vault, job.appId, sealed));
      const body = encryptMessage(subscription, plaintext);
      endpoint = subscription.endpoint;
      bodies.push(body);
      end += body.length;
    } catch {
      endpoint = null;
    }
    endpoints.push(endpoint);
    ends.push(end);
  }
  const bytes = new Uint8Array(end);
  let offset = 0;
  for (const body of bodies) {
    bytes.set(body, offset);
    offset += body.length;
  }
  return { id: job.id, endpoints, ends, bytes };
}
