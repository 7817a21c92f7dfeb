// Strangers write to the device door: whatever they send, it answers in JSON, never with a 5xx, and what others sent is
// stored all the same. The seed is fixed, so that a failure can be repeated.

import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { createFixture } from './conformance/fixture.ts';
import { Q } from './conformance/row.ts';

const app_id = 'com.demo.fuzz';
const settings = { seed: 20_261_121, numRuns: 250, endOnFailure: true };
const paths = ['/updates', '/stats', '/channel_self', '/updates/manifest_size', '/plugin/updates', '/plugin/stats'];

/** Thousands of requests: on a busy machine they take minutes, and nothing is wrong. */
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let server: TestServer;
let port: number;
let devices = 0;

beforeAll(async () => {
  server = await startTestServer({ newDevicesPerHour: 0 });
  await createFixture(server.database.db, app_id, server.orgId);
  await server.ask({ url: '/healthz' });
  port = (server.app.server.address() as { port: number }).port;
});
afterAll(() => server.close());

const newDevice = (): string => `${(devices++).toString(16).padStart(8, '0')}-fade-4000-8000-000000000000`;
const noise = (length: number): string =>
  Array.from({ length: length / 64 }, (_, n) => createHash('sha256').update(`${n}`).digest('hex')).join('');

/** JSON as text, because much of it no JSON.stringify would write. */
const nastyValues = [
  ...['null', 'true', 'false', '0', '-1', '1.5', '1e400', '-1e-400', '9007199254740993', '[]', '{}', '""', '" "'],
  ...['"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00x"', '"1.0.0\\n"', '"1.0.0"', '"1.0.0:a/b.js"', '"builtin"'],
  ...['"unknown"', '"beta"', '"../../x"', '"%00%ff"', '"\'; drop table apps; --"', '"__proto__"', '"constructor"'],
  ...['{"__proto__":{"polluted":"yes"}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"toString":"x"}'],
  ...['{"\\u0000":"\\u0000","\\ud800":"\\ud800"}', '{"a":[[[[1]]]],"b":{"c":"\\u0000"}}', '["a",["b"],{"c":1}]'],
  ...['[null]', '[{"file_hash":"\\u0000"}]', '[{"file_hash":7},{"file_hash":"x","file_name":{}},3,"x",null]'],
  JSON.stringify('😀'.repeat(40)),
  JSON.stringify(`${'x'.repeat(35)}😀`),
  JSON.stringify(noise(6_400)),
  JSON.stringify('é'.repeat(3_000)),
  JSON.stringify(`com.${noise(6_400)}`),
  JSON.stringify(`1.0.0-${noise(320)}`),
  `${'['.repeat(3_000)}${']'.repeat(3_000)}`,
  `{"deep":${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}}`,
];
const fields = [
  ...Object.keys(Q),
  ...['defaultChannel', 'install_source', 'key_id', 'action', 'metadata', 'timestamp', 'channel', 'old_version_name'],
  ...['version', 'manifest', 'files', 'version_id', '__proto__', 'constructor', 'toString', ''],
];

const change = fc.tuple(fc.constantFrom(...fields), fc.constantFrom(...nastyValues));
const changes = fc.array(change, { minLength: 1, maxLength: 3 });

function textOf(changed: readonly (readonly [string, string])[], device_id: string): string {
  const base = { ...Q, app_id, device_id, version_name: '0.9.0', action: 'set', channel: 'beta', manifest: [] };
  const members = new Map(Object.entries(base).map(([key, value]) => [key, JSON.stringify(value)]));
  for (const [key, value] of changed) members.set(key, value);
  return `{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

async function send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: string, type?: string) {
  const answer = await server.ask({
    method,
    url,
    ...(payload !== undefined && { payload }),
    ...(type !== undefined && { headers: { 'content-type': type } }),
  });
  expect(answer.statusCode, answer.body).toBeLessThan(500);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  return { status: answer.statusCode, body: JSON.parse(answer.body) };
}

async function settle(): Promise<void> {
  await Promise.all([server.parts.sightings.flush(), server.parts.served.flush()]);
  await server.parts.recorder.drain();
}

async function countOf(table: 'devices' | 'stats_events', ids: readonly string[]): Promise<number> {
  // Lines that the server adds of its own are not counted.
  const own = table === 'stats_events' ? "and action <> 'uninstall'" : '';
  const { rows } = await server.database.query(
    `select count(*)::int as n from ${table} where device_id in (select json_array_elements_text($1::json)) ${own}`,
    [JSON.stringify(ids)],
  );
  return rows[0]?.['n'] as number;
}

describe('fields', () => {
  test('/updates answers by its rules, and every device that was answered is noted', async () => {
    const answered: string[] = [];
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const device_id = newDevice();
        const { status, body } = await send('POST', '/updates', textOf(changed, device_id));
        expect([200, 400]).toContain(status);
        const keys = ['error', 'message', ...(status === 200 ? ['kind'] : ['moreInfo'])];
        const isRefusal = 'error' in body;
        for (const key of keys) expect(key in body).toBe(isRefusal);
        const isNoted = status === 200 && body.error !== 'app_not_found';
        if (isNoted && !changed.some(([key]) => key === 'device_id')) answered.push(device_id);
      }),
      settings,
    );
    await settle();
    expect(answered.length).toBeGreaterThan(50);
    expect(await countOf('devices', answered)).toBe(answered.length);
  });

  test('/stats keeps every event that it acknowledged', async () => {
    const acknowledged: string[] = [];
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const device_id = newDevice();
        const { status, body } = await send('POST', '/stats', textOf(changed, device_id));
        expect([200, 400]).toContain(status);
        if (body.status === 'ok' && !changed.some(([key]) => key === 'device_id')) acknowledged.push(device_id);
      }),
      settings,
    );
    await settle();
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(await countOf('stats_events', acknowledged)).toBe(acknowledged.length);
    expect(await countOf('devices', acknowledged)).toBe(acknowledged.length);
  });

  test('/stats answers every element of a batch, and stores the good ones', async () => {
    const stored: string[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 6 }), async (batch) => {
        const ids = batch.map(newDevice);
        const elements = batch.map((changed, index) =>
          textOf(
            changed.filter(([key]) => key !== 'app_id' && key !== 'device_id'),
            ids[index] as string,
          ),
        );
        const { status, body } = await send('POST', '/stats', `[${elements.join(',')}]`);
        expect(status).toBe(200);
        expect(body.results).toHaveLength(batch.length);
        for (const result of body.results) if (result.status === 'ok') stored.push(ids[result.index] as string);
      }),
      { ...settings, numRuns: 100 },
    );
    await settle();
    expect(await countOf('stats_events', stored)).toBe(stored.length);
  });

  test('/channel_self and /updates/manifest_size', async () => {
    const route = fc.constantFrom(
      ['POST', '/channel_self'] as const,
      ['PUT', '/channel_self'] as const,
      ['DELETE', '/channel_self'] as const,
      ['POST', '/updates/manifest_size'] as const,
      ['POST', '/plugin/channel_self'] as const,
    );
    await fc.assert(
      fc.asyncProperty(route, changes, async ([method, path], changed) => {
        const { status } = await send(method, path, textOf(changed, newDevice()));
        expect([200, 400, 413]).toContain(status);
      }),
      settings,
    );
  });

  test('nothing reached the prototypes', () => {
    expect('polluted' in {}).toBe(false);
  });
});

describe('bodies', () => {
  const garbage = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom(
      '',
      ' ',
      '\u0000',
      '\ufeff{}',
      '{"a":',
      '[',
      ']',
      '{"a":1}{',
      'NaN',
      "{'a':1}",
      '"',
      '{"a":1,}',
      '--',
    ),
    fc.constantFrom(...nastyValues).map((value) => `[${value}]`),
    fc.constantFrom(...nastyValues),
  );
  const type = fc.constantFrom(
    ...['application/json', 'application/json; charset=utf-8', 'application/x-www-form-urlencoded', 'text/plain'],
    ...['multipart/form-data; boundary=x', 'application/octet-stream', 'application/json; charset=utf-16', ';;;', 'x'],
    undefined,
  );

  test('garbage of any content type', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), garbage, type, async (path, payload, contentType) => {
        const { status } = await send('POST', path, payload, contentType);
        expect([200, 400, 415]).toContain(status);
      }),
      settings,
    );
  });

  test('a body beyond the limit is refused before it is read', async () => {
    const ofLength = (length: number) => `"${'x'.repeat(length - 2)}"`;
    for (const path of ['/updates', '/channel_self', '/plugin/updates']) {
      expect(await send('POST', path, ofLength(65_537))).toMatchObject({
        status: 413,
        body: { error: 'body_too_large' },
      });
    }
    for (const path of ['/stats', '/updates/manifest_size', '/plugin/stats', '/plugin/updates/manifest_size']) {
      expect(await send('POST', path, ofLength(1_048_577))).toMatchObject({
        status: 413,
        body: { error: 'body_too_large' },
      });
      expect(await send('POST', path, ofLength(1_048_576))).toMatchObject({ status: 400 });
    }
  });

  test('compressed bodies are not unpacked: a bomb is as small as it looks', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const payload = gzipSync(`[${'0,'.repeat(10_000_000)}0]`);
    const answer = await server.ask({ method: 'POST', url: '/stats', headers, payload });
    expect([answer.statusCode, answer.json().error]).toEqual([400, 'invalid_json_parse_body']);
  });

  test('metadata of ten thousand keys, and of a depth that no stack can print', async () => {
    const many = JSON.stringify(
      Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, 'v'.repeat(80)])),
    );
    const deep = `{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`;
    const ids = [newDevice(), newDevice(), newDevice()];
    const events = [many, deep, '{"a":"b"}'].map((metadata, n) => textOf([['metadata', metadata]], ids[n] as string));
    for (const each of events) {
      const { body } = await send('POST', '/stats', `[${each}]`);
      expect(body.results).toEqual([{ status: 'ok', index: 0 }]);
    }
    expect(await countOf('stats_events', ids)).toBe(3);
  });

  test('batches that no client sends', async () => {
    const one = `{"app_id":"${app_id}","device_id":"${newDevice()}"}`;
    const refusals = [
      ['batch_too_large', `[${Array(1_001).fill(one).join(',')}]`],
      ['too_many_elements', `${'['.repeat(500_000)}${']'.repeat(500_000)}`],
      ['too_many_elements', `[${Array(250_000).fill('{}').join(',')}]`],
    ] as const;
    for (const [error, body] of refusals) {
      expect(await send('POST', '/stats', body)).toMatchObject({ status: 413, body: { error } });
    }
    expect(await send('POST', '/stats', `[${Array(1_000).fill(one).join(',')}]`)).toMatchObject({ status: 200 });
    const files = Array(10_001).fill('{"file_hash":"x"}').join(',');
    const list = textOf([['manifest', `[${files}]`]], newDevice());
    expect(await send('POST', '/updates/manifest_size', list)).toMatchObject({
      status: 413,
      body: { error: 'too_many_files' },
    });
  });
});

describe('queries', () => {
  const value = fc.constantFrom(
    '',
    'true',
    '1',
    '%00',
    '%ff',
    '%',
    '%ud800',
    'a&a=b',
    '[]',
    app_id,
    'android',
    'x'.repeat(3_000),
  );
  const pair = fc
    .tuple(fc.constantFrom(...fields, 'app_id[]', 'a%5Bb%5D'), value)
    .map(([key, text]) => `${key}=${text}`);

  test('of any encoding', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('GET', 'DELETE'), fc.array(pair, { maxLength: 8 }), async (method, pairs) => {
        const known = `app_id=${app_id}&platform=android&device_id=${newDevice()}&version_build=1.0.0&version_name=1`;
        const { status } = await send(method as 'GET', `/channel_self?${[known, ...pairs].join('&')}`);
        expect([200, 400, 429]).toContain(status);
      }),
      settings,
    );
  });
});

describe('connections', () => {
  /** Writes raw pieces, one per turn, and gives back what the server answers until it or the test ends. */
  function speak(pieces: readonly string[], endEarly = false): Promise<string> {
    return new Promise((resolve, reject) => {
      let heard = '';
      const socket = connect(port, '127.0.0.1').setEncoding('utf8').once('error', reject);
      socket.on('data', (text: string) => {
        heard += text;
        if (heard.includes('\r\n\r\n') && !endEarly) socket.end();
      });
      socket.once('close', () => resolve(heard));
      void (async () => {
        for (const piece of pieces) await new Promise((done) => socket.write(piece, done));
        if (endEarly) socket.destroy();
      })();
    });
  }
  const head = (...headers: string[]): string =>
    ['POST /updates HTTP/1.1', 'host: x', 'connection: close', ...headers, '', ''].join('\r\n');

  test('a body in chunks of one byte', async () => {
    const body = textOf([], newDevice());
    const chunks = [...body].map((character) => `${Buffer.byteLength(character).toString(16)}\r\n${character}\r\n`);
    const answer = await speak([head('transfer-encoding: chunked'), ...chunks, '0\r\n\r\n']);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"version":"1.0.0"');
  });

  test('half a body, then silence: others are answered meanwhile', async () => {
    await speak([head('content-length: 500'), '{"app_id":'], true);
    const answer = await speak([head('content-length: 2'), '{}']);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each([
    ['bad chunk sizes', [head('transfer-encoding: chunked'), 'zz\r\n{}\r\n0\r\n\r\n']],
    ['two lengths', [head('content-length: 2', 'content-length: 3'), '{}']],
    ['a length and chunks', [head('content-length: 2', 'transfer-encoding: chunked'), '2\r\n{}\r\n0\r\n\r\n']],
    ['a header without end', [`POST /updates HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`]],
  ])('%s', async (_name, pieces) => {
    expect(await speak(pieces)).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    expect(await send('POST', '/updates', textOf([], newDevice()))).toMatchObject({ status: 200 });
  });
});

test('after all that the door answers as before', async () => {
  const { body } = await send('POST', '/updates', textOf([], newDevice()));
  expect(body).toMatchObject({ version: '1.0.0', checksum: '3885ee49' });
});
