// What a resumable upload still lacks: taken from one request in parts, each acknowledged only once it is kept.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { appendPart, completeUpload, deleteUpload, type PendingUpload, readParts } from '../../blobs/upload-parts.ts';
import { AppError } from '../../errors.ts';
import type { Parts } from '../../wiring.ts';
import { admitFile, withScratchFile } from './admit.ts';
import { chunksOf, create, receiveFile, uploadTooLarge, writeAll } from './receive.ts';

type Stores = Pick<Parts, 'database' | 'blobs'>;

// A crash in the middle of a request loses this much at most.
const PART_BYTES = 16 * 1024 ** 2;

export const offsetConflict = (received: number) =>
  new AppError('offset_conflict', 409, `The upload goes on at byte ${received}`, { received });

/**
 * Returns how much the server has afterwards. Of a connection that breaks, what came is kept. With the last byte the
 * upload is checked and stored; bytes that can never pass end it.
 */
export async function receiveRest(stores: Stores, upload: PendingUpload, source: Readable): Promise<number> {
  const chunks = chunksOf(source);
  let received = upload.received;
  try {
    for (;;) {
      const { ended } = await withScratchFile(stores, async (path) => {
        const part = await receivePart(chunks, path, upload.size - received);
        if (part.size > 0) await keepPart(stores, { ...upload, received }, { path, size: part.size });
        received += part.size;
        return part;
      });
      if (ended instanceof Error) throw ended;
      if (ended) return received;
    }
  } finally {
    // Lets go of the connection, so that what is still coming can be thrown away.
    await chunks.return(undefined);
  }
}

/** An upload of no bytes is complete when it is made. */
export async function finishEmpty(stores: Stores, upload: PendingUpload): Promise<void> {
  await withScratchFile(stores, async (path) => {
    await (await create(path)).close();
    await finish(stores, upload, { path, size: 0 });
  });
}

interface PartFile {
  path: string;
  size: number;
}

interface PartEnd {
  size: number;
  /** No more will come, or the reason why. */
  ended: boolean | Error;
}

async function receivePart(chunks: AsyncGenerator<Buffer>, path: string, allowed: number): Promise<PartEnd> {
  const file = await create(path);
  let size = 0;
  try {
    while (size < PART_BYTES) {
      const next = await chunks.next().catch((error: Error) => error);
      if (next instanceof Error) return { size, ended: next };
      if (next.done) return { size, ended: true };
      size += next.value.length;
      if (size > allowed) throw uploadTooLarge(allowed);
      await writeAll(file, next.value);
    }
    return { size, ended: false };
  } finally {
    await file.close();
  }
}

async function keepPart(stores: Stores, upload: PendingUpload, part: PartFile): Promise<void> {
  if (upload.received + part.size === upload.size) return finish(stores, upload, part);
  const isKept = await appendPart(stores.database.db, stores.blobs, upload, part);
  if (!isKept) throw offsetConflict(upload.received);
}

/** The last part counts only when the whole was stored: else a client would take a full disk for success. */
async function finish(stores: Stores, upload: PendingUpload, last: PartFile): Promise<void> {
  const { database, blobs } = stores;
  await withScratchFile(stores, async (path) => {
    const received = await joinParts(stores, upload, last, path);
    await admitFile(stores, upload, path, received).catch(async (error) => {
      if (error instanceof AppError && error.status < 500) await deleteUpload(database.db, blobs, upload.id);
      throw error;
    });
  });
  if (!(await completeUpload(database.db, blobs, upload, last.size))) throw offsetConflict(upload.received);
}

async function joinParts({ database, blobs }: Stores, upload: PendingUpload, last: PartFile, path: string) {
  const whole = Readable.from(join(), { objectMode: false });
  try {
    return await receiveFile(whole, path, upload.size);
  } finally {
    whole.destroy();
  }

  async function* join(): AsyncGenerator<Buffer> {
    yield* readParts(database.db, blobs, upload.id);
    yield* createReadStream(last.path);
  }
}
