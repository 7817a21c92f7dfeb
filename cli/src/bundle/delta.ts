// A bundle as single files: what devices that run another bundle download instead of the whole zip.

import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, posix } from 'node:path';
import type { ManifestFile } from '@overair/protocol/manage/bundle';
import { CliError } from '../cli-error.ts';
import { sha256Of } from '../crypto/digest.ts';
import { encryptBytes, type Session, sealChecksum } from '../crypto/seal.ts';
import { inParallel } from '../in-parallel.ts';
import { compareVersions, parseVersion } from '../project/version.ts';
import { brotliFile } from './brotli.ts';
import { readWebFile, type WebFile } from './web-folder.ts';

export interface DeltaObject {
  entry: ManifestFile;
  /** Where the bytes to upload lie. */
  path: string;
  /** SHA-256 of the clear source file. */
  source_hash: string;
}

interface DeltaOptions {
  /** Encrypts every file with the session of the bundle. */
  seal?: { session: Session; privateKey: KeyObject };
  /** False: only where a device needs it, for empty files and those named `.br`. */
  brotli: boolean;
  /** Scratch folder for bytes that are not files yet. */
  folder: string;
  /** Folder of compressed files from earlier runs. */
  cache: string;
  onProgress?: (doneBytes: number) => void;
}

const MAX_FILES = 10_000;
/** Devices keep each file as `<64 hex>_<name>`, some versions with a suffix besides; their disks end a name at 255 bytes. */
const MAX_NAME_BYTES = 180;
/** What the server's manifest takes for a path, with `.br`. */
const MAX_PATH_LENGTH = 1021;

/** Why this bundle cannot be delivered as single files; undefined when it can. */
export function deltaObstacle(files: WebFile[]): string | undefined {
  if (files.length > MAX_FILES)
    return `${files.length} files are more than the ${MAX_FILES} that devices handle one by one`;
  // A zip with one folder at its root is unwrapped by devices; single files are not.
  if (!files.some(({ name }) => name === 'index.html')) return 'there is no index.html at its root';
  const long = files.find(
    ({ name }) => Buffer.byteLength(posix.basename(name)) > MAX_NAME_BYTES || name.length > MAX_PATH_LENGTH,
  );
  return long && `the name ${long.name} is too long for the cache of devices`;
}

/** Why apps with this updater would lose a file that they take from their cache; undefined when they do not. */
export function updaterObstacle(files: WebFile[], updaterVersion: string): string | undefined {
  if (keepsNamesOfReusedFiles(updaterVersion)) return undefined;
  const packed = files.find(({ name, bytes }) => bytes === 0 || name.endsWith('.br'));
  return (
    packed && `@capgo/capacitor-updater ${updaterVersion} loses ${packed.name} in later updates; update the plugin`
  );
}

/** Older ones put a file that came as Brotli under its name with `.br` when they take it from their cache. Source: their code. */
export const keepsNamesOfReusedFiles = (updaterVersion: string) =>
  isSince(updaterVersion, { 5: '5.43.0', 6: '6.39.0', 7: '7.36.1' });

/** Whether this version of the updater plugin takes single files. */
export const supportsDelta = (updaterVersion: string) =>
  isSince(updaterVersion, { 5: '5.10.0', 6: '6.25.0', 7: '7.0.30' });

/** At or above the first version of its own major, or of a later major. */
function isSince(text: string, first: Record<5 | 6 | 7, string>): boolean {
  const version = parseVersion(text);
  if (!version) return false;
  const boundary = first[version.major as 5 | 6 | 7];
  return boundary ? compareVersions(version, parseVersion(boundary)!) >= 0 : version.major >= 8;
}

/** One object per file. */
export async function prepareDelta(files: WebFile[], options: DeltaOptions): Promise<DeltaObject[]> {
  const obstacle = deltaObstacle(files);
  if (obstacle) throw deltaImpossible(obstacle);
  let doneBytes = 0;
  return inParallel(files, availableParallelism() + 1, async (file) => {
    const object = await prepareFile(file, options);
    doneBytes += file.bytes;
    options.onProgress?.(doneBytes);
    return object;
  });
}

export const deltaImpossible = (obstacle: string) =>
  new CliError('delta_impossible', `This bundle cannot be delivered as single files: ${obstacle}.`);

async function prepareFile(file: WebFile, options: DeltaOptions): Promise<DeltaObject> {
  const clear = await readWebFile(file);
  const source_hash = sha256Of(clear);
  const compressed = await brotliFile(file.name, clear, source_hash, options);
  const bytes = compressed ?? clear;
  const stored = options.seal ? encryptBytes(bytes, options.seal.session) : bytes;
  const sha256 = stored === clear ? source_hash : sha256Of(stored);
  const path = stored === clear ? file.path : join(options.folder, sha256);
  if (stored !== clear) await writeFile(path, stored);
  const file_name = compressed ? `${file.name}.br` : file.name;
  const entry = { file_name, sha256, size: stored.length };
  if (!options.seal) return { entry: { ...entry, file_hash: source_hash }, path, source_hash };
  const { v3, v2 } = sealChecksum(source_hash, options.seal.privateKey);
  return { entry: { ...entry, file_hash: v3, file_hash_v2: v2 }, path, source_hash };
}
