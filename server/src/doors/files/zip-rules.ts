// What a device refuses in a bundle's zip, as pure rules over its table of contents.
// Android reads the archive as a stream (java.util.zip.ZipInputStream), iOS by its central directory (ZIPFoundation):
// only what both read alike may pass.

export type ZipRule =
  | 'not_a_zip'
  | 'damaged'
  | 'encrypted_entry'
  | 'compression_method'
  | 'stored_with_data_descriptor'
  | 'header_mismatch'
  | 'name_not_utf8'
  | 'name_backslash'
  | 'name_nul'
  | 'name_absolute'
  | 'name_traversal'
  | 'name_empty'
  | 'name_too_long'
  | 'symbolic_link'
  | 'special_file'
  | 'duplicate_entry'
  | 'overlapping_entries'
  | 'hidden_data'
  | 'too_many_entries'
  | 'too_large_unpacked'
  | 'compression_ratio'
  | 'no_index_html';

export interface ZipViolation {
  rule: ZipRule;
  /** The entry's name as far as it can be shown, or null when the archive as a whole is at fault. */
  entry: string | null;
  message: string;
}

/** The fields that say how an entry is stored; both of its headers carry them. */
export interface ZipHeader {
  nameBytes: Buffer;
  flags: number;
  method: number;
  crc32: number;
  compressedSize: number;
  uncompressedSize: number;
}

/** An entry's place in the file: header, data, and the data descriptor that may follow up to the next entry. */
export interface ZipExtent {
  name: string;
  headerStart: number;
  dataStart: number;
  dataEnd: number;
  hasDescriptor: boolean;
}

export interface ZipLimits {
  entries: number;
  unpackedBytes: number;
  /** Unpacked bytes per stored byte; looked at from `ratioFromBytes` on, since small text compresses without end. */
  ratio: number;
  ratioFromBytes: number;
}

export const defaultZipLimits: ZipLimits = {
  entries: 20_000,
  unpackedBytes: 4 * 1024 ** 3,
  ratio: 200,
  ratioFromBytes: 64 * 1024 ** 2,
};

const FLAG_ENCRYPTED = 0x1;
export const FLAG_DESCRIPTOR = 0x8;
const STORED = 0;
export const DEFLATED = 8;

const violation = (rule: ZipRule, entry: string | null, message: string): ZipViolation => ({ rule, entry, message });

/** How the bytes of one entry are kept. */
export function findStorageViolation(name: string, header: ZipHeader): ZipViolation | undefined {
  if (header.flags & FLAG_ENCRYPTED)
    return violation('encrypted_entry', name, `${name} is encrypted with a zip password`);
  if (header.method !== STORED && header.method !== DEFLATED) {
    const what = `${name} uses compression method ${header.method}`;
    return violation('compression_method', name, `${what}; devices read only stored and deflated entries`);
  }
  if (header.method === STORED && header.flags & FLAG_DESCRIPTOR) {
    const what = `${name} is stored uncompressed with its size after the data`;
    return violation('stored_with_data_descriptor', name, `${what}, which Android cannot read`);
  }
  return undefined;
}

/** Android believes the local header, iOS the central directory: they must tell the same. */
export function findHeaderMismatch(name: string, central: ZipHeader, local: ZipHeader): ZipViolation | undefined {
  const isSized = !(local.flags & FLAG_DESCRIPTOR);
  // A size of all ones means that the true one is in the Zip64 field, which the end of the data proves right.
  const sameSize = (mine: number, theirs: number) => !isSized || theirs === 0xffffffff || mine === theirs;
  const isSame =
    central.nameBytes.equals(local.nameBytes) &&
    central.method === local.method &&
    ((central.flags ^ local.flags) & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR)) === 0 &&
    (!isSized || central.crc32 === local.crc32) &&
    sameSize(central.compressedSize, local.compressedSize) &&
    sameSize(central.uncompressedSize, local.uncompressedSize);
  if (isSame) return undefined;
  return violation('header_mismatch', name, `${name} is described differently in its two headers`);
}

const TYPE_MASK = 0xf000;
const TYPE_FILE = 0x8000;
const TYPE_FOLDER = 0x4000;
const TYPE_LINK = 0xa000;

/** `mode` is a Unix file mode, 0 when the archive has none. */
export function findTypeViolation(name: string, mode: number): ZipViolation | undefined {
  const type = mode & TYPE_MASK;
  if (type === TYPE_LINK) return violation('symbolic_link', name, `${name} is a symbolic link`);
  const isExpected = type === 0 || type === (name.endsWith('/') ? TYPE_FOLDER : TYPE_FILE);
  return isExpected ? undefined : violation('special_file', name, `${name} is neither a file nor a folder`);
}

// The limits of the file systems on phones: a segment in bytes, and a path below an app's own folder.
const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 1024;

export function findNameViolation(name: string): ZipViolation | undefined {
  if (name.includes('\\')) return violation('name_backslash', name, `${name} has a backslash; use / between folders`);
  if (name.includes('\0')) return violation('name_nul', name.replaceAll('\0', '␀'), 'A name holds a NUL character');
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) {
    return violation('name_absolute', name, `${name} is an absolute path`);
  }
  const segments = name.split('/');
  if (segments.includes('..')) return violation('name_traversal', name, `${name} goes up with a .. segment`);
  if (targetOf(name) === '') return violation('name_empty', name, `The name "${name}" stands for the bundle's root`);
  const isTooLong =
    Buffer.byteLength(name) > MAX_PATH_BYTES || segments.some((s) => Buffer.byteLength(s) > MAX_SEGMENT_BYTES);
  if (!isTooLong) return undefined;
  const shown = `${name.slice(0, 80)}…`;
  const limits = `${MAX_SEGMENT_BYTES} bytes for a file or folder and ${MAX_PATH_BYTES} for a path`;
  return violation('name_too_long', shown, `${shown} is longer than devices can store: ${limits}`);
}

/** Where a device writes an entry: its path without empty and `.` segments. */
function targetOf(name: string): string {
  return name
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}

/** Two entries with one target, or a file where others need a folder. */
export function findDuplicate(names: readonly string[]): ZipViolation | undefined {
  // iOS takes names that differ only in Unicode normalisation for the same.
  const key = (target: string) => target.normalize('NFC');
  const files = new Set<string>();
  for (const name of names) {
    if (name.endsWith('/')) continue;
    const target = key(targetOf(name));
    if (files.has(target)) return violation('duplicate_entry', name, `${name} is in the zip twice`);
    files.add(target);
  }
  for (const name of names) {
    const target = key(targetOf(name));
    const folders = name.endsWith('/') ? [target] : [];
    for (let at = target.indexOf('/'); at !== -1; at = target.indexOf('/', at + 1)) folders.push(target.slice(0, at));
    const clash = folders.find((folder) => files.has(folder));
    if (clash !== undefined) return violation('duplicate_entry', name, `${clash} is both a file and a folder`);
  }
  return undefined;
}

/** `index.html` at the root, or in the one folder that is all there is at the root. */
export function findLayoutViolation(names: readonly string[]): ZipViolation | undefined {
  const files = new Set(names.filter((name) => !name.endsWith('/')).map(targetOf));
  if (files.has('index.html')) return undefined;
  const tops = [...new Set(names.map((name) => targetOf(name).split('/')[0]!))];
  const wrapper = tops.find((top) => files.has(`${top}/index.html`));
  const advice = 'Zip the contents of the web folder, so that index.html is at the root';
  if (wrapper === undefined)
    return violation('no_index_html', null, `The zip has no index.html at its root. ${advice}`);
  // Android overlooks such names when it looks for the one folder.
  if (tops.length === 1 && !wrapper.startsWith('.') && !wrapper.startsWith('__MACOSX')) return undefined;
  const others = tops.filter((top) => top !== wrapper).slice(0, 3);
  const reason =
    others.length === 0 ? 'a hidden folder' : `a folder that is not alone (beside it: ${others.join(', ')})`;
  return violation('no_index_html', `${wrapper}/index.html`, `index.html is in ${reason}. ${advice}`);
}

// With or without signature, sizes in 4 or in 8 bytes.
const descriptorLengths = [12, 16, 20, 24];

/** Entries fill the file from its first byte to the central directory: a streaming reader stops at a gap. */
export function findExtentViolation(extents: ZipExtent[], directoryStart: number): ZipViolation | undefined {
  const ordered = extents.toSorted((a, b) => a.headerStart - b.headerStart);
  let expected = 0;
  for (const [at, extent] of ordered.entries()) {
    const { name, headerStart } = extent;
    if (headerStart < expected)
      return violation('overlapping_entries', name, `${name} shares bytes with another entry`);
    if (headerStart > expected) return violation('hidden_data', name, `There are unlisted bytes before ${name}`);
    const next = ordered[at + 1]?.headerStart ?? directoryStart;
    const isDescriptor = extent.hasDescriptor && descriptorLengths.includes(next - extent.dataEnd);
    expected = isDescriptor ? next : extent.dataEnd;
  }
  if (expected > directoryStart)
    return violation('overlapping_entries', null, 'The last entry runs into the directory');
  if (expected < directoryStart) return violation('hidden_data', null, 'There are unlisted bytes after the last entry');
  return undefined;
}

/** By the sizes that the archive declares; that they are true shows when it is unpacked. */
export function findSizeViolation(
  unpackedBytes: number,
  zipBytes: number,
  limits: ZipLimits,
): ZipViolation | undefined {
  if (unpackedBytes > limits.unpackedBytes) {
    const message = `The zip unpacks to ${unpackedBytes} bytes; at most ${limits.unpackedBytes} are allowed`;
    return violation('too_large_unpacked', null, message);
  }
  if (unpackedBytes > limits.ratioFromBytes && unpackedBytes > limits.ratio * zipBytes) {
    return violation('compression_ratio', null, `The zip unpacks to more than ${limits.ratio} times its size`);
  }
  return undefined;
}
