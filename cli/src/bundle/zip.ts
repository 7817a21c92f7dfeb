// Writes the one kind of zip that every updater version unpacks: sorted names, fixed times, sizes in the local headers, no zip64.

import { type FileHandle, open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';
import { CliError, describeError } from '../cli-error.ts';
import { createDigester, type Digest } from '../crypto/digest.ts';
import { replaceFile } from '../temporary-files.ts';
import { readWebFile, type WebFile } from './web-folder.ts';

interface ZipOptions {
  /** Called after each file with the clear bytes done so far. */
  onProgress?: (doneBytes: number) => void;
}

interface Entry {
  name: Buffer;
  method: number;
  crc: number;
  clearBytes: number;
  data: Uint8Array;
}

const STORED = 0;
const DEFLATED = 8;
const UTF8_NAMES = 0x0800;
const VERSION_NEEDED = 20;
const MADE_BY_UNIX = 0x0314;
const REGULAR_FILE_0644 = (0o100644 << 16) >>> 0;
// 1980-01-01 00:00, the first moment a zip can name: the clock and the time zone must not change the bytes.
const DOS_TIME = 0;
const DOS_DATE = 0x0021;
const MAX_ZIP_BYTES = 0xffff_fffe;
const MAX_ENTRIES = 0xfffe;
const COMPRESSED_TYPES =
  /\.(?:png|jpe?g|gif|webp|avif|heic|woff2?|mp3|m4a|aac|ogg|opus|mp4|m4v|webm|mov|zip|gz|br|zst|7z|jar)$/i;

const deflate = promisify(deflateRaw);

/** Zips `files` in the order given into `target`, and digests the zip while writing it. */
export async function writeZip(files: WebFile[], target: string, options: ZipOptions = {}): Promise<Digest> {
  if (files.length > MAX_ENTRIES) throw tooLarge(`${files.length} files`);
  return replaceFile(target, async (temporary) => {
    const handle = await open(temporary, 'w').catch((cause) => {
      throw new CliError('cannot_write', `Cannot write ${target}: ${describeError(cause)}`, { cause });
    });
    try {
      return await writeEntries(files, handle, options);
    } finally {
      await handle.close();
    }
  });
}

async function writeEntries(files: WebFile[], handle: FileHandle, options: ZipOptions): Promise<Digest> {
  const digester = createDigester();
  const directory: Buffer[] = [];
  let offset = 0;
  let clearBytes = 0;
  const write = async (...parts: Uint8Array[]) => {
    for (const part of parts) {
      digester.update(part);
      offset += part.length;
    }
    if (offset > MAX_ZIP_BYTES) throw tooLarge('more than 4 GiB');
    await handle.writev(parts);
  };
  for await (const entry of compressAhead(files)) {
    directory.push(centralHeader(entry, offset));
    await write(localHeader(entry), entry.name, entry.data);
    clearBytes += entry.clearBytes;
    options.onProgress?.(clearBytes);
  }
  const directoryOffset = offset;
  await write(...directory);
  await write(endOfDirectory(files.length, offset - directoryOffset, directoryOffset));
  return digester.digest();
}

/** Yields entries in order while the thread pool compresses the next ones. */
async function* compressAhead(files: WebFile[]): AsyncGenerator<Entry> {
  const ahead = availableParallelism() + 2;
  const maxBytesAhead = 64 << 20;
  const queue: { entry: Promise<Entry>; bytes: number }[] = [];
  let next = 0;
  let bytesAhead = 0;
  while (next < files.length || queue.length > 0) {
    while (next < files.length && (queue.length === 0 || (queue.length < ahead && bytesAhead < maxBytesAhead))) {
      const file = files[next++]!;
      const entry = compress(file);
      entry.catch(() => {}); // Seen when its turn comes; an earlier failure must not make this one "unhandled".
      queue.push({ entry, bytes: file.bytes });
      bytesAhead += file.bytes;
    }
    const first = queue.shift()!;
    yield await first.entry;
    bytesAhead -= first.bytes;
  }
}

async function compress(file: WebFile): Promise<Entry> {
  const clear = await readWebFile(file);
  const deflated = COMPRESSED_TYPES.test(file.name) ? clear : await deflate(clear);
  const stored = deflated.length >= clear.length;
  return {
    name: Buffer.from(file.name),
    method: stored ? STORED : DEFLATED,
    crc: crc32(clear),
    clearBytes: clear.length,
    data: stored ? clear : deflated,
  };
}

function localHeader(entry: Entry): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION_NEEDED, 4);
  writeSharedFields(header, 6, entry);
  return header;
}

function centralHeader(entry: Entry, offset: number): Buffer {
  const header = Buffer.alloc(46 + entry.name.length);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_BY_UNIX, 4);
  header.writeUInt16LE(VERSION_NEEDED, 6);
  writeSharedFields(header, 8, entry);
  header.writeUInt32LE(REGULAR_FILE_0644, 38);
  header.writeUInt32LE(offset, 42);
  entry.name.copy(header, 46);
  return header;
}

/** Flags, method, time, checksum and sizes: the same 22 bytes in both headers. */
function writeSharedFields(header: Buffer, at: number, entry: Entry): void {
  header.writeUInt16LE(UTF8_NAMES, at);
  header.writeUInt16LE(entry.method, at + 2);
  header.writeUInt16LE(DOS_TIME, at + 4);
  header.writeUInt16LE(DOS_DATE, at + 6);
  header.writeUInt32LE(entry.crc, at + 8);
  header.writeUInt32LE(entry.data.length, at + 12);
  header.writeUInt32LE(entry.clearBytes, at + 16);
  header.writeUInt16LE(entry.name.length, at + 20);
}

function endOfDirectory(entries: number, directoryBytes: number, directoryOffset: number): Buffer {
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(entries, 8);
  record.writeUInt16LE(entries, 10);
  record.writeUInt32LE(directoryBytes, 12);
  record.writeUInt32LE(directoryOffset, 16);
  return record;
}

const tooLarge = (what: string) =>
  new CliError('bundle_too_large', `The web folder holds ${what}; devices cannot unpack such a zip.`);
