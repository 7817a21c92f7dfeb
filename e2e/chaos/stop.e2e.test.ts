// A server that is told to stop, at the moments when that is awkward.

import { afterEach, expect, test } from 'vitest';
import { startServer, temporaryFolder } from '../processes.ts';

const folders: { remove(): Promise<void> }[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

test('told to stop while it still makes its queues, it ends cleanly and starts again', async () => {
  const folder = await temporaryFolder('stop');
  folders.push(folder);
  const first = await startServer({ dataDir: folder.path });
  expect(await first.stop()).toBe(0);
  expect(first.output()).not.toMatch(/fatal|could not|error/i);
  const second = await startServer({ dataDir: folder.path });
  expect(await second.stop()).toBe(0);
  expect(second.output()).not.toMatch(/fatal|could not|error/i);
});
