// What fails in an app.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { OutcomeWorld } from './testing/outcome-world.ts';

let world: OutcomeWorld;
beforeAll(async () => {
  world = await OutcomeWorld.open();
});
afterAll(() => world.close());
beforeEach(() => world.addApp());

test('failures are grouped by bundle, action and message, with what they have in common', async () => {
  const crash = (message: string) => ({ metadata: { message } });
  const one = await world.phone(['set']);
  const two = await world.phone(['set']);
  await world.report(one, 'webview_javascript_error', '1.1.0', crash("Cannot read property 'x' of item 17"));
  await world.report(two, 'webview_javascript_error', '1.1.0', crash("Cannot read property 'x' of item 18"));
  await world.report(two, 'webview_javascript_error', '1.1.0', crash('Network request failed'));
  await world.phone(['download_fail']);
  const { data } = await world.read('failures');
  expect(data).toMatchObject([
    { action: 'webview_javascript_error', bundle: '1.1.0', class: 'crash', events: 2, devices: 2, running: 2, rate: 1 },
    { devices: 1, events: 1 },
    { devices: 1, events: 1 },
  ]);
  expect(data[0].examples.toSorted()).toEqual([one, two].toSorted());
  expect(data[0].trend.reduce((sum: number, each: number) => sum + each, 0)).toBe(2);
  expect((await world.read('failures', { class: 'network' })).data).toMatchObject([
    { action: 'download_fail', class: 'network' },
  ]);
  expect((await world.read('failures', { limit: '1' })).data).toHaveLength(1);
});

test('as CSV for who accepts it, and no cell is a formula', async () => {
  const device_id = await world.phone(['set']);
  await world.report(device_id, 'app_crash', '1.1.0', { metadata: { message: '=cmd|"/c calc"!A1' } });
  await world.settle();
  const accept = { ...world.headers(), accept: 'text/csv' };
  const outcomes = await world.server.app.inject({ url: `/app/${world.app_id}/outcomes?bucket=day`, headers: accept });
  expect(outcomes.headers['content-type']).toBe('text/csv; charset=utf-8');
  const lines = outcomes.body.trimEnd().split('\r\n');
  expect(lines[0]).toBe(
    'row,at,offered,downloaded,running,failed_bundle,failed_network,failed_device,failed_crash,refused,silent',
  );
  expect(lines.at(-1)).toMatch(/^total,.*,0,0,0,0,0,0,1,0,0$/);
  const failures = await world.server.app.inject({ url: `/app/${world.app_id}/failures`, headers: accept });
  expect(failures.body).toContain(`"'=cmd|""/c calc""!A1"`);
});
