// Opens an uploaded bundle as a device would, unpacks every byte of it, and says what a device would refuse.

import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync, type Zlib } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { AppError } from '../../errors.ts';
import {
  DEFLATED,
  defaultZipLimits,
  FLAG_DESCRIPTOR,
  findDuplicate,
  findExtentViolation,
  findHeaderMismatch,
  findLayoutViolation,
  findNameViolation,
  findSizeViolation,
  findStorageViolation,
  findTypeViolation,
  type ZipExtent,
  type ZipHeader,
  type ZipLimits,
  type ZipViolation,
} from './zip-rules.ts';

/** Only what unpacking needs: an archive may carry a gigabyte of comments, which must not stay in memory. */
interface Listed extends ZipExtent {
  method: number;
  crc32: number;
  uncompressedSize: number;
}

/** Ends a check at the first violation. */
class Refusal extends Error {
  readonly violation: ZipViolation;

  constructor(violation: ZipViolation, options?: ErrorOptions) {
    super(violation.message, options);
    this.violation = violation;
  }
}

function refuseIf(violation: ZipViolation | undefined): void {
  if (violation !== undefined) throw new Refusal(violation);
}

const damaged = (entry: string | null, message: string, cause?: unknown) =>
  new Refusal({ rule: 'damaged', entry, message }, { cause });

/** Throws `invalid_zip` with `detail.rule` and `detail.entry`. Takes the time of unpacking, and no space. */
export async function assertInstallableZip(path: string, limits: ZipLimits = defaultZipLimits): Promise<void> {
  try {
    await check(path, limits);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { rule, entry, message } = error.violation;
    throw new AppError('invalid_zip', 400, message, { rule, entry }, { cause: error.cause });
  }
}

async function check(path: string, limits: ZipLimits): Promise<void> {
  const zip = await openZip(path);
  try {
    const directoryStart = Number(zip.readEntryCursor); // a byte offset, whatever its type says
    const entries = await listEntries(zip, limits);
    const names = entries.map((entry) => entry.name);
    refuseIf(findExtentViolation(entries, directoryStart));
    refuseIf(findDuplicate(names));
    refuseIf(findLayoutViolation(names));
    await unpackAll(path, entries);
  } finally {
    zip.close();
  }
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false, lazyEntries: true, decodeStrings: false });
  } catch (cause) {
    const message = 'The upload is not a zip file, or only a part of one';
    throw new Refusal({ rule: 'not_a_zip', entry: null, message }, { cause });
  }
}

async function listEntries(zip: ZipFile, limits: ZipLimits): Promise<Listed[]> {
  if (zip.entryCount > limits.entries) {
    const message = `The zip has ${zip.entryCount} entries; at most ${limits.entries} are allowed`;
    throw new Refusal({ rule: 'too_many_entries', entry: null, message });
  }
  const entries: Listed[] = [];
  let unpackedBytes = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      entries.push(await checkEntry(zip, entry));
      unpackedBytes += entry.uncompressedSize;
      refuseIf(findSizeViolation(unpackedBytes, zip.fileSize, limits));
    }
  } catch (error) {
    throw error instanceof Refusal ? error : damaged(null, 'The directory of the zip is damaged', error);
  }
  return entries;
}

async function checkEntry(zip: ZipFile, entry: Entry): Promise<Listed> {
  const central = headerOf(entry, entry.fileNameRaw);
  const name = decodeName(central.nameBytes);
  refuseIf(findNameViolation(name));
  refuseIf(findStorageViolation(name, central));
  refuseIf(findTypeViolation(name, unixModeOf(entry)));
  const local = await zip.readLocalFileHeaderPromise(entry).catch((cause) => {
    throw damaged(name, `The zip is damaged at ${name}`, cause);
  });
  refuseIf(findHeaderMismatch(name, central, headerOf(local, local.fileName)));
  return {
    name,
    method: central.method,
    crc32: central.crc32,
    uncompressedSize: central.uncompressedSize,
    headerStart: entry.relativeOffsetOfLocalHeader,
    dataStart: local.fileDataStart,
    dataEnd: local.fileDataStart + entry.compressedSize,
    hasDescriptor: (central.flags & FLAG_DESCRIPTOR) !== 0,
  };
}

type RawHeader = Pick<
  Entry,
  'generalPurposeBitFlag' | 'compressionMethod' | 'crc32' | 'compressedSize' | 'uncompressedSize'
>;

function headerOf(raw: RawHeader, nameBytes: Buffer): ZipHeader {
  const { generalPurposeBitFlag: flags, compressionMethod: method, compressedSize, uncompressedSize } = raw;
  return { nameBytes, flags, method, crc32: raw.crc32, compressedSize, uncompressedSize };
}

function decodeName(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const shown = bytes.toString('latin1');
    const message = `The name "${shown}" is not UTF-8`;
    throw new Refusal({ rule: 'name_not_utf8', entry: shown, message }, { cause });
  }
}

// Attributes mean a Unix mode only in archives made on Unix (3) or macOS (19).
function unixModeOf(entry: Entry): number {
  const madeOn = entry.versionMadeBy >>> 8;
  return madeOn === 3 || madeOn === 19 ? entry.externalFileAttributes >>> 16 : 0;
}

async function unpackAll(path: string, entries: Listed[]): Promise<void> {
  const file = await open(path, 'r');
  try {
    for (const entry of entries) {
      await unpack(path, file, entry).catch((error) => {
        throw error instanceof Refusal ? error : damaged(entry.name, `${entry.name} is damaged`, error);
      });
    }
  } finally {
    await file.close();
  }
}

/** Reads an entry to its end, never further than its declared size. */
async function unpack(path: string, file: FileHandle, entry: Listed): Promise<void> {
  const packedSize = entry.dataEnd - entry.dataStart;
  if (entry.method !== DEFLATED && packedSize === 0) return assertContent(entry, { size: 0, sum: 0, consumed: 0 });
  const isSmall = packedSize <= SMALL_BYTES && entry.uncompressedSize <= SMALL_BYTES;
  assertContent(entry, await (isSmall ? unpackSmall(file, entry) : unpackLarge(path, entry)));
}

interface Content {
  size: number;
  sum: number;
  /** How many stored bytes the unpacker took. */
  consumed: number;
}

function assertContent(entry: Listed, { size, sum, consumed }: Content): void {
  if (consumed !== entry.dataEnd - entry.dataStart) {
    throw damaged(entry.name, `${entry.name} has bytes after the end of its data`);
  }
  if (size !== entry.uncompressedSize) throw damaged(entry.name, `${entry.name} does not have the size it says`);
  if (sum !== entry.crc32) throw damaged(entry.name, `${entry.name} does not match its CRC-32`);
}

// Most files of an app are small, and a stream for each would cost more than its bytes. In one go they take well below
// a millisecond.
const SMALL_BYTES = 64 * 1024;

async function unpackSmall(file: FileHandle, entry: Listed): Promise<Content> {
  const packed = Buffer.alloc(entry.dataEnd - entry.dataStart);
  await file.read(packed, 0, packed.length, entry.dataStart);
  if (entry.method !== DEFLATED) return { size: packed.length, sum: crc32(packed), consumed: packed.length };
  const { buffer, engine } = inflateWhole(packed, entry.uncompressedSize);
  return { size: buffer.length, sum: crc32(buffer), consumed: engine.bytesWritten };
}

/** Fails when more than `maxBytes` come out. */
function inflateWhole(packed: Buffer, maxBytes: number): { buffer: Buffer; engine: Zlib } {
  const options = { maxOutputLength: Math.max(maxBytes, 1), info: true };
  return inflateRawSync(packed, options) as unknown as { buffer: Buffer; engine: Zlib }; // as `info` makes it answer
}

async function unpackLarge(path: string, entry: Listed): Promise<Content> {
  let size = 0;
  let sum = 0;
  const take = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      size += chunk.length;
      sum = crc32(chunk, sum);
      if (size > entry.uncompressedSize) throw damaged(entry.name, `${entry.name} is larger than it says`);
    }
  };
  const range = { start: entry.dataStart, end: entry.dataEnd - 1, highWaterMark: 256 * 1024 };
  const packed = createReadStream(path, range);
  if (entry.method !== DEFLATED) {
    await pipeline(packed, take);
    return { size, sum, consumed: size };
  }
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
  await pipeline(packed, inflate, take);
  return { size, sum, consumed: inflate.bytesWritten };
}
