// A disk for tests of a power cut.

import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import type { Disk } from '../db/durable-folder.ts';

/** A disk that has of every file what it had at the file's last sync; names are journalled, so they are kept at once. */
export class ForgetfulDisk implements Disk {
  readonly #kept = new Map<number, Buffer>();
  readonly #files: string;

  constructor(files: string) {
    this.#files = files;
    for (const entry of this.#entries()) if (entry.isFile()) this.#keep(join(entry.parentPath, entry.name));
  }

  fsyncSync(fd: number): void {
    if (fs.fstatSync(fd).isFile()) this.#keep(`/proc/self/fd/${fd}`);
  }

  fdatasyncSync(fd: number): void {
    this.fsyncSync(fd);
  }

  fdatasync(fd: number, done: (error: Error | null) => void): void {
    this.fsyncSync(fd);
    setImmediate(done, null);
  }

  /** The folder as it is when the power comes back. */
  afterPowerCut(folder: string): string {
    fs.mkdirSync(folder);
    for (const entry of this.#entries()) {
      const path = join(entry.parentPath, entry.name);
      const copy = path.replace(this.#files, folder);
      fs.mkdirSync(dirname(copy), { recursive: true });
      if (entry.isDirectory()) fs.mkdirSync(copy, { recursive: true });
      else fs.writeFileSync(copy, this.#kept.get(fs.statSync(path).ino)?.subarray(0, fs.statSync(path).size) ?? '');
    }
    return folder;
  }

  #keep(path: string): void {
    this.#kept.set(fs.statSync(path).ino, fs.readFileSync(path));
  }

  #entries() {
    return fs.readdirSync(this.#files, { recursive: true, withFileTypes: true });
  }
}
