// Two bundles side by side, through the door: what they hold, what the way to each costs, and what became of them.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareBundles } from './compare-bundles.ts';
import { type GuardedApp, openGuardedApp } from './testing/guarded-app.ts';

let world: GuardedApp;
const { app_id } = { app_id: 'com.example.guarded' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function upload(version: string, files: Record<string, string>, native_packages?: object[]): Promise<void> {
  for (const text of Object.values(files)) {
    const { statusCode, body } = await world.server.app.inject({
      method: 'PUT',
      url: `/files/upload?app_id=${app_id}&kind=file&sha256=${sha256(text)}`,
      headers: { authorization: world.server.adminKey, 'content-type': 'application/octet-stream' },
      payload: text,
    });
    expect(statusCode, body).toBe(200);
  }
  const manifest = Object.entries(files).map(([file_name, text]) => ({
    ...{ file_name, file_hash: sha256(text), sha256: sha256(text), size: text.length },
  }));
  await world.manage('POST', '/bundle', { app_id, version, manifest, ...(native_packages && { native_packages }) });
}

const compare = (a: string, b: string, status = 200) =>
  world.manage('GET', `/bundle/compare?app_id=${app_id}&a=${a}&b=${b}`, undefined, status);

/** As somebody asks minutes later: outcomes are counted by the minute, and the present one is not over. */
const compareLater = (a: string, b: string) =>
  compareBundles(world.server.database.db, { app_id, a, b }, new Date(Date.now() + 10 * 60_000));

const camera = (version: string, ios_checksum: string) => ({ name: '@capacitor/camera', version, ios_checksum });

beforeAll(async () => {
  world = await openGuardedApp();
  await world.begin(['1.0.0']);
  await upload('2.0.0', { 'index.html': 'one', 'app.js': 'x'.repeat(50), 'old.js': 'old' }, [
    camera('7.0.0', 'a'),
    { name: 'gone', version: '1.0.0' },
  ]);
  await upload('2.1.0', { 'index.html': 'one', 'app.js': 'y'.repeat(70), 'new.js': 'brand new' }, [
    camera('7.0.0', 'b'),
    { name: 'here', version: '3.0.0' },
  ]);
  await world.set({ disableAutoUpdate: 'none', version: '2.0.0' });
  const android = { plugin_version: '8.51.14' };
  for (const id of await world.devices(3, '2.0.0', 'set')) await world.tell(id, 'app_launch_ready', '2.0.0', android);
  await world.set({ version: '2.1.0' });
  await world.devices(1, '2.1.0', 'set');
  for (const id of await world.devices(2, '2.1.0')) {
    await world.tell(id, 'set', '2.1.0');
    await world.tell(id, 'update_fail', '2.1.0', { metadata: { message: 'white page' } });
  }
  await world.server.parts.recorder.idle();
});
afterAll(() => world.close());

test('files that were added, removed and changed, with their bytes', async () => {
  const { files, a, b } = await compare('2.0.0', '2.1.0');
  expect(files).toEqual({
    added: [{ file_name: 'new.js', size: 9 }],
    removed: [{ file_name: 'old.js', size: 3 }],
    changed: [{ file_name: 'app.js', size_a: 50, size_b: 70 }],
    counts: { added: 1, removed: 1, changed: 1, unchanged: 1 },
  });
  expect([a.files, b.files, a.has_zip]).toEqual([3, 3, false]);
});

test('a bundle that is a zip alone says so, and its other facts are compared', async () => {
  expect(await compare('1.0.0', '2.1.0')).toMatchObject({
    files: null,
    files_unknown: '1.0.0 has no list of files: uploaded as a zip alone, or on storage of the owner',
    native_packages: null,
    a: { files: null, has_zip: true },
  });
});

test('the way to each costs the files that the most-run bundles lack', async () => {
  const { a, b } = await compareLater('2.0.0', '2.1.0');
  expect(b.deltas).toEqual([{ from: '2.0.0', devices: 3, bytes: 79 }]);
  expect(a.deltas).toEqual([{ from: '2.1.0', devices: 1, bytes: 53 }]);
});

test('native packages differ by name, version and native code', async () => {
  expect((await compare('2.0.0', '2.1.0')).native_packages).toEqual({
    added: [{ name: 'here', version: '3.0.0' }],
    removed: [{ name: 'gone', version: '1.0.0' }],
    changed: [{ name: '@capacitor/camera', version_a: '7.0.0', version_b: '7.0.0' }],
  });
});

test('outcomes are those of equal age, and the failures of one alone are named', async () => {
  const { a, b, age_seconds, failures } = await compareLater('2.0.0', '2.1.0');
  expect(age_seconds).toBeGreaterThan(0);
  expect(a.outcomes).toMatchObject({ running: 3, failed: { bundle: 0 } });
  expect(b.outcomes).toMatchObject({ running: 1, failed: { bundle: 2 } });
  expect(failures).toMatchObject({
    a_only: [],
    b_only: [{ action: 'update_fail', message: 'white page', class: 'bundle', devices: 2 }],
  });
  expect(await compare('1.0.0', '2.1.0')).toMatchObject({ age_seconds: null, a: { outcomes: null } });
});

test.each([
  ['a=1.0.0', 'missing_b'],
  ['a=1.0.0&b=9.9.9', 'cannot_find_version'],
  ['a=1.0.0&b=2.0.0&c=1', 'invalid_body'],
])('%s is refused: %s', async (query, error) => {
  const answer = await world.manage('GET', `/bundle/compare?app_id=${app_id}&${query}`, undefined, 400);
  expect(answer).toMatchObject({ error });
});
