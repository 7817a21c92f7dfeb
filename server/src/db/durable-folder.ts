// The embedded engine's files, kept so that a power cut takes nothing that was acknowledged and breaks nothing.

import * as fs from 'node:fs';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { SyncFailed } from './engine.ts';

/**
 * For PostgreSQL over a `DurableFolder`. The trap: of the methods to sync the log only `fsync` reaches the folder; the
 * usual `fdatasync` is a call that PGlite answers with "done" and does nothing for.
 */
export const durableSettings = ['fsync=on', 'wal_sync_method=fsync'];

/** What makes written bytes permanent; tests put another in its place to see when, and to refuse. */
export interface Disk {
  fsyncSync(fd: number): void;
  fdatasyncSync(fd: number): void;
  fdatasync(fd: number, done: (error: Error | null) => void): void;
}

/** The part of Emscripten's view of a folder that is used here. */
interface Files {
  node_ops: Operations;
  stream_ops: Operations & { fsync?: (stream: OpenFile) => number };
  /** Turns an error of Node into one that PostgreSQL understands. */
  tryFSOperation<T>(operation: () => T): T;
}
type Operations = Record<string, (...args: unknown[]) => unknown>;
interface OpenFile {
  nfd: number;
  node: { name: string; mode: number; parent: { name: string } };
}

/** Everything that changes what is on the disk. `close` is here because afterwards the file cannot be synced any more. */
const changes = {
  stream_ops: ['write', 'setattr', 'msync', 'close'],
  node_ops: ['setattr', 'mknod', 'rename', 'unlink', 'rmdir', 'symlink'],
} as const;

/**
 * PGlite's folder, whose own version forgets every fsync, with real ones.
 *
 * A commit ends with an fsync of the log, which takes milliseconds on many disks, and PostgreSQL runs in the thread that
 * asks: that would stand still. So that one sync is owed instead, and paid at whatever comes first: PGlite's `syncToFs`,
 * which it awaits before it answers a statement or begins the next, or the next change of the folder. What is on the disk
 * at any moment is thus what it would have been with the sync in its place.
 */
export class DurableFolder extends NodeFS {
  readonly #disk: Disk;
  /** The part of the log that was written and not synced; after a failure it stays, and stops every change. */
  #owed: OpenFile | undefined;
  #failure: SyncFailed | undefined;

  constructor(folder: string, disk: Disk = fs) {
    super(folder);
    this.#disk = disk;
  }

  override async init(...[pglite, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pglite, options);
    const attach = (module: object) => this.#attach((module as { NODEFS: Files }).NODEFS);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), attach] } };
  }

  override async syncToFs(): Promise<void> {
    this.#throwFailure();
    const file = this.#owed;
    if (file === undefined) return;
    await new Promise<void>((resolve) => {
      this.#disk.fdatasync(file.nfd, (error) => {
        if (error) this.#failure = new SyncFailed(error);
        resolve();
      });
    });
    this.#throwFailure();
    this.#owed = undefined;
  }

  #attach(files: Files): void {
    for (const kind of ['stream_ops', 'node_ops'] as const) {
      const operations: Operations = files[kind];
      for (const name of changes[kind]) {
        const change = operations[name];
        if (!change) throw new Error(`PGlite changed: its files have no operation ${name}`);
        operations[name] = (...args) => {
          this.#pay(files);
          return change(...args);
        };
      }
    }
    files.stream_ops.fsync = (file) => {
      this.#pay(files);
      files.tryFSOperation(() => this.#fsync(file));
      return 0;
    };
  }

  #fsync(file: OpenFile): void {
    const isFolder = (file.node.mode & fs.constants.S_IFMT) === fs.constants.S_IFDIR;
    if (file.node.parent.name === 'pg_wal' && !isFolder) this.#owed = file;
    // Windows syncs no folders, and need not.
    else if (!isFolder || process.platform !== 'win32') this.#disk.fsyncSync(file.nfd);
  }

  #pay(files: Files): void {
    const file = this.#owed;
    if (file !== undefined) files.tryFSOperation(() => this.#syncNow(file));
  }

  #syncNow(file: OpenFile): void {
    if (this.#failure) throw this.#failure.cause;
    try {
      this.#disk.fdatasyncSync(file.nfd);
    } catch (error) {
      this.#failure = new SyncFailed(error);
      throw error;
    }
    this.#owed = undefined;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
