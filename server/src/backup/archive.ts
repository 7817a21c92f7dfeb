// The file of a backup: a zip that any tool opens. First what it is, then the rows of every table in parts, then the bytes, last the
// list of all entries with their hashes: a file that broke off has none and is no backup.

import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile as ReadZip } from 'yauzl';
import { ZipFile } from 'yazl';
import { StartError } from '../errors.ts';

export const HEADER = 'overair-backup.json';
const MANIFEST = 'manifest.json';
/** Raised when a reader of today could not read what a writer of tomorrow makes. */
export const FORMAT = 1;

/** What a backup says of itself before anything else. */
export interface BackupHeader {
  readonly format: number;
  /** ISO 8601: the moment that it shows. */
  readonly created_at: string;
  readonly engine: 'pglite' | 'postgres';
  /** Migrations that the database had, in their order. */
  readonly migrations: readonly string[];
  /** Of the server's secret, which is not in the backup. */
  readonly secret_fingerprint: string;
}

interface Written {
  readonly sha256: string;
  readonly size: number;
}

/** Writes entries one after the other: `add` resolves when the entry has left for the output. */
export class ArchiveWriter {
  readonly #zip = new ZipFile();
  readonly #entries: Record<string, Written> = {};
  readonly output: Readable;

  constructor() {
    this.output = this.#zip.outputStream as unknown as Readable;
  }

  async add(name: string, content: Readable | Buffer, { compress }: { compress: boolean }): Promise<Written> {
    const hash = createHash('sha256');
    let size = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    const source = content instanceof Readable ? content : Readable.from([content]);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#zip.addReadStreamLazy(name, { compress, mtime: new Date(0) }, (give) => {
      pipeline(source, counted).then(resolve, reject);
      give(null, counted);
    });
    await promise;
    const written = { sha256: hash.digest('hex'), size };
    this.#entries[name] = written;
    return written;
  }

  async finish(summary: object): Promise<void> {
    const manifest = Buffer.from(JSON.stringify({ ...summary, entries: this.#entries }));
    await this.add(MANIFEST, manifest, { compress: true });
    this.#zip.end();
  }

  /** The output ends with the error. */
  fail(error: Error): void {
    this.output.destroy(error);
  }
}

export interface Summary {
  /** Rows, by table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly files: number;
  readonly bytes: number;
  /** Stored files whose bytes were not in the storage when the backup was made, as `<app>/<sha256>`. */
  readonly missing: readonly string[];
}

interface Manifest extends Summary {
  readonly entries: Readonly<Record<string, Written>>;
}

/** Reads an archive entry by entry, in the order in which they were written, and proves each by its hash. */
export class ArchiveReader {
  readonly #zip: ReadZip;
  readonly #listed: ReadonlyMap<string, Entry>;
  readonly header: BackupHeader;
  readonly manifest: Manifest;

  private constructor(zip: ReadZip, listed: ReadonlyMap<string, Entry>, header: BackupHeader, manifest: Manifest) {
    this.#zip = zip;
    this.#listed = listed;
    this.header = header;
    this.manifest = manifest;
  }

  /** Throws a `StartError` for what is no backup, or no whole one. */
  static async open(path: string): Promise<ArchiveReader> {
    const zip = await openPromise(path, { autoClose: false, lazyEntries: true }).catch((cause: unknown) => {
      throw new StartError(`${path} is no backup, or only a part of one: ${(cause as Error).message}`, { cause });
    });
    const listed = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) listed.set(entry.fileName, entry);
    const [head, tail] = [listed.get(HEADER), listed.get(MANIFEST)];
    if (head === undefined || tail === undefined) throw new StartError(`${path} is a zip, but no backup of Overair.`);
    const header = (await readJson(zip, head)) as BackupHeader;
    if (header.format !== FORMAT) {
      throw new StartError(
        `${path} was made by a newer Overair (format ${header.format}). Install that version or a later one.`,
      );
    }
    return new ArchiveReader(zip, listed, header, (await readJson(zip, tail)) as Manifest);
  }

  names(prefix: string): string[] {
    return Object.keys(this.manifest.entries).filter((name) => name.startsWith(prefix));
  }

  /** The bytes of an entry; the stream fails at its end where they are not those that were written. */
  async read(name: string): Promise<Readable> {
    const entry = this.#listed.get(name);
    const written = this.manifest.entries[name];
    if (entry === undefined || written === undefined) throw damaged(name, 'it is missing');
    const source = await this.#zip.openReadStreamPromise(entry).catch((cause) => {
      throw damaged(name, 'it cannot be read', cause);
    });
    const hash = createHash('sha256');
    const proven = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
      flush(done) {
        done(hash.digest('hex') === written.sha256 ? null : damaged(name, 'its hash is another one'));
      },
    });
    pipeline(source, proven).catch((cause) =>
      proven.destroy(cause instanceof StartError ? cause : damaged(name, 'it cannot be read', cause)),
    );
    return proven;
  }

  async readText(name: string): Promise<string> {
    return (await buffer(await this.read(name))).toString();
  }

  close(): void {
    this.#zip.close();
  }
}

const readJson = async (zip: ReadZip, entry: Entry): Promise<unknown> =>
  JSON.parse((await buffer(await zip.openReadStreamPromise(entry))).toString());

const damaged = (name: string, why: string, cause?: unknown) =>
  new StartError(`The backup is damaged at ${name}: ${why}. Use another one.`, { cause });
