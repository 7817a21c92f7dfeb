// A simulated fleet knows what it runs, the server knows what it was told: both are compared. Deterministic by its seed.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS } from '../../utc-day.ts';
import { OutcomeWorld } from './testing/outcome-world.ts';

const release = '1.1.0';
const DEVICES = 400;
const STRANGERS = 30;
const ROUNDS = 4;
const SEED = 20_261_127;

interface Phone {
  readonly device_id: string;
  readonly platform: 'ios' | 'android';
  /** The bundle never confirms itself on it. */
  readonly isBad: boolean;
  /** Old plugins say neither that they downloaded nor that the app is well. */
  readonly isOld: boolean;
  /** Has no `statsUrl`. */
  readonly isMute: boolean;
  readonly skewMs: number;
  runs: string;
}

let world: OutcomeWorld;
let state = SEED;

/** mulberry32 */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const happens = (share: number) => random() < share;
const idOf = (index: number) => `00000000-0000-4000-9000-${index.toString(16).padStart(12, '0')}`;

const phones = Array.from(
  { length: DEVICES },
  (_, index): Phone => ({
    device_id: idOf(index),
    platform: happens(0.4) ? 'ios' : 'android',
    isBad: happens(0.05),
    isOld: happens(0.1),
    isMute: happens(0.05),
    skewMs: happens(0.1) ? (random() - 0.5) * 2 * DAY_MS : 0,
    runs: '1.0.0',
  }),
);

beforeAll(async () => {
  world = await OutcomeWorld.open();
  await world.addApp();
});
afterAll(() => world.close());

const factsOf = ({ platform, isOld }: Phone) => ({ platform, plugin_version: isOld ? '6.14.9' : '8.51.14' });
const check = async (phone: Phone) =>
  (await world.check(phone.device_id, { ...factsOf(phone), version_name: phone.runs }))['version'];

/** Some are lost on the way for good, some arrive twice. */
async function report(phone: Phone, action: string, timestamp = Date.now() + phone.skewMs): Promise<void> {
  if (phone.isMute || happens(0.05)) return;
  const facts = { ...factsOf(phone), timestamp: Math.round(timestamp) };
  for (let times = happens(0.05) ? 2 : 1; times > 0; times -= 1) {
    await world.report(phone.device_id, action, release, facts);
  }
}

/** Asks, and does with the answer what a plugin does. */
async function wake(phone: Phone): Promise<void> {
  if ((await check(phone)) !== release) return;
  if (happens(0.1)) return report(phone, 'download_fail');
  if (!phone.isOld) await report(phone, 'download_complete');
  // It is installed at the next background of the app, which may not come before the next check.
  if (happens(0.2)) return;
  await report(phone, 'set');
  if (phone.isBad) return report(phone, 'update_fail');
  phone.runs = release;
  if (!phone.isOld) await report(phone, 'app_launch_ready');
}

test('what runs is known of every device, whatever was lost, repeated or invented', { timeout: 120_000 }, async () => {
  const strangers = phones
    .slice(0, STRANGERS)
    .map((phone, index) => ({ ...phone, isMute: false, device_id: idOf(DEVICES + index) }));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const phone of phones) if (!happens(0.3)) await wake(phone);
    for (const stranger of strangers) await report(stranger, happens(0.5) ? 'set' : 'update_fail');
  }
  // Once more each, and nothing else happens: what is told afterwards is at most one check old.
  for (const phone of phones) await check(phone);
  const total = await world.total({ bundle: release });
  const runs = phones.filter((phone) => phone.runs === release).length;
  expect(runs).toBeGreaterThan(DEVICES * 0.8);
  expect(total.running).toBe(runs);
  const failed = Object.values(total.failed as Record<string, number>).reduce((sum, count) => sum + count, 0);
  const refused = Object.values(total.refused as Record<string, number>).reduce((sum, count) => sum + count, 0);
  expect(total.offered + total.downloaded + total.running + failed + refused + total.silent, 'each counts once').toBe(
    DEVICES,
  );
  expect(total.failed.crash, 'a bundle that does not start is no crash').toBe(0);
  const isKnownToFail = ({ isBad, isMute }: Phone) => isBad && !isMute;
  // A report in twenty is lost, and a repeated download makes it anew.
  expect(total.failed.bundle).toBeGreaterThan(phones.filter(isKnownToFail).length * 0.6);
  expect(total.failed.bundle).toBeLessThanOrEqual(phones.filter(isKnownToFail).length);
});
