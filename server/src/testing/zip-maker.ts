// Makes zip archives byte by byte, sound or broken in exactly one way.
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipPart {
  name: string | Buffer;
  content?: string | Buffer;
  method?: number;
  flags?: number;
  /** Unix file mode; the archive then says that it was made on Unix. */
  mode?: number;
  /** Stored bytes, when they shall not be those of `content`. */
  packed?: Buffer;
  crc32?: number;
  uncompressedSize?: number;
  /** Fields in which the local header differs from the central directory. */
  local?: { name?: string; method?: number; flags?: number; crc32?: number; compressedSize?: number };
  /** Bytes in front of the local header that nothing lists. */
  before?: Buffer;
  /** Where the central directory says the entry begins, when not where it does. */
  offset?: number;
}

const utf8Flag = 0x800;
const descriptorFlag = 0x8;

/** `after` are bytes between the last entry and the central directory. */
export function makeZip(parts: readonly ZipPart[], { after = Buffer.alloc(0) } = {}): Buffer {
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  const append = (bytes: Buffer) => {
    body.push(bytes);
    at += bytes.length;
  };
  for (const part of parts) {
    append(part.before ?? Buffer.alloc(0));
    const fields = fieldsOf(part);
    directory.push(centralHeader(fields, part.mode, part.offset ?? at));
    append(localHeader(fields, part.local ?? {}));
    append(fields.packed);
    if (fields.flags & descriptorFlag) append(descriptor(fields));
  }
  append(after);
  const central = Buffer.concat(directory);
  return Buffer.concat([...body, central, endOfDirectory(parts.length, central.length, at)]);
}

type Fields = ReturnType<typeof fieldsOf>;

function fieldsOf(part: ZipPart) {
  const content = Buffer.from(part.content ?? '');
  const method = part.method ?? 8;
  const packed = part.packed ?? (method === 8 ? deflateRawSync(content) : content);
  return {
    name: Buffer.from(part.name),
    method,
    flags: part.flags ?? utf8Flag,
    packed,
    crc32: part.crc32 ?? crc32(content),
    uncompressedSize: part.uncompressedSize ?? content.length,
  };
}

function localHeader(fields: Fields, differs: NonNullable<ZipPart['local']>): Buffer {
  const name = differs.name === undefined ? fields.name : Buffer.from(differs.name);
  const flags = differs.flags ?? fields.flags;
  const isSized = !(flags & descriptorFlag);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(differs.method ?? fields.method, 8);
  header.writeUInt32LE(differs.crc32 ?? (isSized ? fields.crc32 : 0), 14);
  header.writeUInt32LE(differs.compressedSize ?? (isSized ? fields.packed.length : 0), 18);
  header.writeUInt32LE(isSized ? fields.uncompressedSize : 0, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function centralHeader(fields: Fields, mode: number | undefined, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(mode === undefined ? 20 : (3 << 8) | 20, 4);
  header.writeUInt16LE(20, 6);
  header.writeUInt16LE(fields.flags, 8);
  header.writeUInt16LE(fields.method, 10);
  header.writeUInt32LE(fields.crc32, 16);
  header.writeUInt32LE(fields.packed.length, 20);
  header.writeUInt32LE(fields.uncompressedSize, 24);
  header.writeUInt16LE(fields.name.length, 28);
  header.writeUInt32LE(((mode ?? 0) << 16) >>> 0, 38);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, fields.name]);
}

function descriptor(fields: Fields): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(fields.crc32, 4);
  bytes.writeUInt32LE(fields.packed.length, 8);
  bytes.writeUInt32LE(fields.uncompressedSize, 12);
  return bytes;
}

function endOfDirectory(entries: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(entries, 8);
  record.writeUInt16LE(entries, 10);
  record.writeUInt32LE(size, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}
