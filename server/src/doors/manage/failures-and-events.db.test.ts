// What fails in an app, and its events as they come.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { OutcomeWorld } from './testing/outcome-world.ts';

let world: OutcomeWorld;
beforeAll(async () => {
  world = await OutcomeWorld.open();
});
afterAll(() => world.close());
beforeEach(() => world.addApp());

interface Message {
  id: string;
  action: string;
}

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

test('events are followed live, filtered, and resumed without a gap or a double', async () => {
  await world.settle();
  const web = createServer((request, response) => world.server.app.routing(request, response));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const follow = async (query: string, wanted: number, lastId?: string): Promise<Message[]> => {
    const end = new AbortController();
    const answer = await fetch(`${origin}/app/${world.app_id}/events${query}`, {
      headers: { ...world.headers(), ...(lastId && { 'last-event-id': lastId }) },
      signal: end.signal,
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const messages: Message[] = [];
    let text = '';
    for await (const chunk of answer.body!) {
      text += Buffer.from(chunk as Uint8Array).toString();
      for (const [, id, data] of text.matchAll(/id: (.*)\ndata: (.*)\n\n/g))
        messages.push({ id: id!, ...JSON.parse(data!) });
      text = text.slice(text.lastIndexOf('\n\n') + 2);
      if (messages.length >= wanted) break;
    }
    end.abort();
    return messages;
  };
  try {
    const following = follow('?platform=android', 4);
    const device_id = await world.phone(['download_complete', 'set']);
    await world.report(world.newId(), 'set', '1.1.0', { platform: 'ios' });
    await world.report(device_id, 'app_launch_ready');
    const heard = await following;
    expect(heard.map(({ action }) => action)).toEqual(['get', 'download_complete', 'set', 'app_launch_ready']);
    const rest = await follow('?platform=android', 2, heard[1]!.id);
    expect(rest.map(({ action }) => action)).toEqual(['set', 'app_launch_ready']);
    expect((await fetch(`${origin}/app/${world.app_id}/events?after=x`, { headers: world.headers() })).status).toBe(
      400,
    );
    expect((await fetch(`${origin}/app/${world.app_id}/events?what=x`, { headers: world.headers() })).status).toBe(400);
    expect((await fetch(`${origin}/app/${world.app_id}/events`)).status).toBe(401);
  } finally {
    web.closeAllConnections();
    web.close();
  }
});
