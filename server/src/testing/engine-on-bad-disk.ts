// A thread of the embedded database, as the server has it, on a disk that a test cuts the power of or breaks, by what it
// writes in comments.

import { workerData } from 'node:worker_threads';
import type { Disk } from '../db/durable-folder.ts';
import type { Engine } from '../db/engine.ts';
import { serveEngine } from '../db/engine-service.ts';
import { openFolder } from '../db/pglite-folder.ts';
import { ForgetfulDisk } from './forgetful-disk.ts';

const { folder } = workerData as { folder: string };
const forgetful = new ForgetfulDisk(folder);
let isBroken = false;
const disk: Disk = {
  fsyncSync: (fd) => forgetful.fsyncSync(fd),
  fdatasyncSync: (fd) => forgetful.fdatasyncSync(fd),
  fdatasync(fd, done) {
    if (isBroken) setImmediate(done, Object.assign(new Error('the disk is broken'), { code: 'EIO' }));
    else forgetful.fdatasync(fd, done);
  },
};

async function open(): Promise<Engine> {
  const pglite = await openFolder(folder, disk);
  return {
    query: (text, values) => pglite.query(text, values),
    listen: (channel, onPayload) => pglite.listen(channel, onPayload),
    close: () => pglite.close(),
    async exec(text) {
      const [, order, argument = ''] = /^-- (\S+) ?(.*)$/.exec(text) ?? [];
      if (order === 'power-cut') forgetful.afterPowerCut(argument);
      if (order === 'break') isBroken = true;
      if (order === 'end') process.exit(7);
      return order === undefined ? pglite.exec(text) : [];
    },
  };
}

await serveEngine(open());
