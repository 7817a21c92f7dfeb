import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPushWorld } from '../../testing/push-world.ts';
import type { Ground } from './conformance/row.ts';
import { rowsBeyond } from './conformance/rows-beyond.ts';
import { deliveryRows } from './conformance/rows-delivery.ts';
import { groupRows } from './conformance/rows-groups.ts';
import { registryRows } from './conformance/rows-registry.ts';
import { requestRows } from './conformance/rows-requests.ts';

let ground: Ground;
beforeAll(async () => {
  const world = await startPushWorld();
  const app = await world.createApp();
  ground = { world, app, browser: await world.addBrowser(app) };
});
afterAll(async () => ground.world.close());

const rows = [...requestRows, ...groupRows, ...registryRows, ...deliveryRows, ...rowsBeyond].sort(
  (a, b) => a.id - b.id,
);

test.each(rows)('$id: $title', async (row) => {
  await row.run(ground);
});

test('no row stands twice', () => {
  expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
});
