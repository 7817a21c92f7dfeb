// Reads the files of a bundle's zip, ours or another tool's, by its central directory.

import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { CliError } from '../cli-error.ts';

interface ZipEntry {
  name: string;
  bytes: number;
  compressedBytes: number;
  read(): Promise<Buffer>;
}

const inflate = promisify(inflateRaw);

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const STORED = 0;
const DEFLATED = 8;

/** Folder entries are left out. */
export async function readZip(path: string): Promise<ZipEntry[]> {
  const directory = await readDirectory(path);
  const entries: ZipEntry[] = [];
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50; ) {
    const nameBytes = directory.readUInt16LE(at + 28);
    const rest = directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    const name = directory.subarray(at + 46, at + 46 + nameBytes).toString('utf8');
    const [method, compressedBytes] = [directory.readUInt16LE(at + 10), directory.readUInt32LE(at + 20)];
    const [bytes, offset] = [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 42)];
    if (!name.endsWith('/')) {
      entries.push({
        name,
        bytes,
        compressedBytes,
        read: () => readEntry(path, { offset, compressedBytes, bytes, method }),
      });
    }
    at += 46 + nameBytes + rest;
  }
  return entries;
}

async function readDirectory(path: string): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, END_BYTES + MAX_COMMENT_BYTES));
    await handle.read(tail, 0, tail.length, size - tail.length);
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
    if (end < 0 || end + END_BYTES > tail.length) throw new CliError('invalid_zip', `${path} is not a zip.`);
    const [bytes, offset] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
    if (offset + bytes > size) throw new CliError('invalid_zip', `${path} is cut off, or larger than bundles can be.`);
    const directory = Buffer.alloc(bytes);
    await handle.read(directory, 0, bytes, offset);
    return directory;
  } finally {
    await handle.close();
  }
}

interface Position {
  offset: number;
  compressedBytes: number;
  bytes: number;
  method: number;
}

async function readEntry(path: string, { offset, compressedBytes, bytes, method }: Position): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const header = Buffer.alloc(30);
    await handle.read(header, 0, 30, offset);
    const data = Buffer.alloc(compressedBytes);
    await handle.read(data, 0, compressedBytes, offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28));
    if (method === STORED) return data;
    if (method !== DEFLATED)
      throw new CliError('invalid_zip', `${path} is packed by a method that devices do not know.`);
    // The limit keeps a forged size from filling the memory.
    return await inflate(data, { maxOutputLength: Math.max(1, bytes) });
  } finally {
    await handle.close();
  }
}
