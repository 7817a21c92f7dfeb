// A bundle as single files: what devices that run another bundle download instead of the whole zip.

import type { KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ManifestFile } from '@overair/protocol/manage/bundle';
import { CliError } from '../cli-error.ts';
import { sha256Of } from '../crypto/digest.ts';
import { encryptBytes, type Session, sealChecksum } from '../crypto/seal.ts';
import { inParallel } from '../in-parallel.ts';
import { compareVersions, parseVersion } from '../project/version.ts';
import { brotliFile } from './brotli.ts';
import type { WebFile } from './web-folder.ts';

export interface DeltaObject {
  entry: ManifestFile;
  /** Where the bytes to upload lie. */
  path: string;
  /** SHA-256 of the clear source file. */
  source_hash: string;
}

export interface DeltaOptions {
  /** Encrypts every file with the session of the bundle. */
  seal?: { session: Session; privateKey: KeyObject };
  brotli: boolean;
  /** Scratch folder for bytes that are not files yet. */
  folder: string;
  /** Folder of compressed files from earlier runs. */
  cache: string;
  onProgress?: (doneBytes: number) => void;
}

const MAX_FILES = 10_000;

/** Why this bundle cannot be delivered as single files; undefined when it can. */
export function deltaObstacle(files: WebFile[]): string | undefined {
  const brotliNamed = files.find((file) => file.name.endsWith('.br'));
  if (brotliNamed) return `devices would strip the .br of ${brotliNamed.name}`;
  if (files.length > MAX_FILES)
    return `${files.length} files are more than the ${MAX_FILES} that devices handle one by one`;
  return undefined;
}

/** Whether this version of the updater plugin takes single files. */
export function supportsDelta(updaterVersion: string): boolean {
  const version = parseVersion(updaterVersion);
  if (!version) return false;
  const first = { 5: '5.10.0', 6: '6.25.0', 7: '7.0.30' }[version.major];
  return first ? compareVersions(version, parseVersion(first)!) >= 0 : version.major >= 8;
}

/** One object per file that is not empty: devices cannot decrypt to nothing, so empty files travel in the zip only. */
export async function prepareDelta(files: WebFile[], options: DeltaOptions): Promise<DeltaObject[]> {
  const obstacle = deltaObstacle(files);
  if (obstacle) throw new CliError('delta_impossible', `This bundle cannot be delivered as single files: ${obstacle}.`);
  let doneBytes = 0;
  const solid = files.filter((file) => file.bytes > 0);
  return inParallel(solid, availableParallelism() + 1, async (file) => {
    const object = await prepareFile(file, options);
    doneBytes += file.bytes;
    options.onProgress?.(doneBytes);
    return object;
  });
}

async function prepareFile(file: WebFile, options: DeltaOptions): Promise<DeltaObject> {
  const clear = await readFile(file.path);
  const source_hash = sha256Of(clear);
  const compressed = options.brotli ? await brotliFile(file.name, clear, source_hash, options.cache) : undefined;
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
