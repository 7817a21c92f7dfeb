// Brotli of one delta file by the rules that devices know, remembered by content, so that only changed files cost time.

import { readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const compress = promisify(brotliCompress);

const MIN_SOURCE_BYTES = 8192;
/** Below this gain devices are sent the plain file. */
const MIN_SAVED_BYTES = 11;
/** What every device that takes Brotli files knows as the empty file; no decoder is asked. Source: docs/protocol/device.md §6.4. */
const EMPTY_FILE = Buffer.from([0x1b, 0x00, 0x06]);
const COMPRESSED_TYPES =
  /\.(?:png|jpe?g|gif|webp|avif|heic|woff2|mp3|m4a|aac|ogg|opus|mp4|m4v|webm|mov|zip|gz|zst|7z)$/i;

/** The bytes to send under the name with `.br`, or undefined when the plain file is to be sent under its own. */
export async function brotliFile(
  name: string,
  clear: Buffer,
  sha256: string,
  options: { brotli: boolean; cache: string },
): Promise<Buffer | undefined> {
  // An empty body is an error for some HTTP libraries, and cannot be encrypted.
  if (clear.length === 0) return EMPTY_FILE;
  const path = join(options.cache, `${sha256}.${QUALITY}`);
  const compressed = async () => (await readCached(path)) ?? (await compressAndKeep(clear, path));
  // Devices strip the suffix, from a file of the app too, unless it has a second one.
  if (name.endsWith('.br')) return digestible(clear, await compressed());
  if (!options.brotli || clear.length < MIN_SOURCE_BYTES || COMPRESSED_TYPES.test(name)) return undefined;
  const smaller = await compressed();
  return smaller.length <= clear.length - MIN_SAVED_BYTES && !looksWrapped(smaller) ? smaller : undefined;
}

/**
 * Devices take such bytes for a wrapper around the plain file, although a real stream may begin and end so: one of a
 * single block of 1537 bytes.
 */
function looksWrapped(bytes: Buffer): boolean {
  const head = bytes.subarray(0, 3).toString('hex');
  return bytes.length > 3 && (head === '1b0006' || head === '0b0280') && bytes.at(-1) === 0x03;
}

/** The wrapper itself is what devices surely unwrap. */
const digestible = (clear: Buffer, compressed: Buffer): Buffer =>
  looksWrapped(compressed) ? Buffer.concat([EMPTY_FILE, clear, Buffer.from([0x03])]) : compressed;

// Measured on 8 MB of scripts: 2 % larger than quality 11 in 40 % of its time; quality 9 would be 10 % larger.
const QUALITY = 10;

async function readCached(path: string): Promise<Buffer | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  const now = new Date();
  if (bytes) await utimes(path, now, now).catch(() => {});
  return bytes;
}

async function compressAndKeep(clear: Buffer, path: string): Promise<Buffer> {
  const compressed = await compress(clear, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: clear.length,
    },
  });
  // A cache that cannot be written (read-only CI home) costs time, not the upload.
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, compressed)
    .then(() => rename(temporary, path))
    .catch(() => {});
  return compressed;
}
