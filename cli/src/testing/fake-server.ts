// A stand-in at the network's edge: speaks the documented management and files protocol well enough for the CLI, and remembers all it was sent.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { answerTus, type TusUpload } from './fake-tus.ts';

export const API_KEY = 'c591b04e-cf29-4945-b9a0-776d0672061a';

type Row = Record<string, unknown>;

interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Row;
  bytes: Buffer;
}

export interface FakeServer {
  url: string;
  calls: Call[];
  /** Stored bytes by SHA-256. */
  blobs: Map<string, Buffer>;
  apps: Map<string, Row>;
  bundles: Row[];
  channels: Row[];
  /** What `/device/log` tells, oldest first. */
  events: Row[];
  /** What every phone is told. */
  updateAnswer: Row;
  /** Unfinished resumable uploads by path. */
  uploads: Map<string, TusUpload>;
  /** Says that a proxy forwards its requests, and that it does not believe for whom. */
  isBehindUnknownProxy?: boolean;
  /** The next request to this path ends in a broken connection. */
  breakNext(path: string): void;
  /** Bytes are taken, but never answered. */
  holdUploads(): void;
  /** What stands in front of the server: answers in its place when it returns something. */
  front: ((request: IncomingMessage) => { status: number; body: string } | undefined) | undefined;
  /** The next PATCH is cut off after so many bytes of its body. */
  cutNextPatchAfter(bytes: number): void;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly moreInfo: Row;
  constructor(status: number, code: string, message: string, moreInfo: Row = {}) {
    super(message);
    this.moreInfo = moreInfo;
    this.status = status;
    this.code = code;
  }
}

/** Ends with the test. */
export async function startFakeServer(): Promise<FakeServer> {
  const broken = new Set<string>();
  let held = false;
  let cutAfter: number | undefined;
  const state: FakeServer = {
    url: '',
    calls: [],
    blobs: new Map(),
    apps: new Map(),
    bundles: [],
    channels: [],
    events: [],
    updateAnswer: { error: 'no_channel', kind: 'failed', message: 'no default channel or override' },
    uploads: new Map(),
    front: undefined,
    breakNext: (path) => {
      broken.add(path);
    },
    holdUploads: () => {
      held = true;
    },
    cutNextPatchAfter: (bytes) => {
      cutAfter = bytes;
    },
  };
  const server = createServer(async (request, response) => {
    request.on('error', () => {}); // Clients that leave early are part of some tests.
    if (held && (request.method === 'PUT' || request.method === 'PATCH')) {
      request.resume();
      return;
    }
    if (broken.delete(request.url?.split('?')[0] ?? '')) {
      request.socket.destroy();
      return;
    }
    const instead = state.front?.(request);
    if (instead) {
      request.resume();
      response.writeHead(instead.status, { 'content-type': 'text/html', server: 'nginx/1.27.0' }).end(instead.body);
      return;
    }
    if (request.url?.startsWith('/files/uploads')) {
      const limit = request.method === 'PATCH' ? cutAfter : undefined;
      if (request.method === 'PATCH') cutAfter = undefined;
      await answerTus(state, request, response, limit);
      return;
    }
    await answer(state, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

async function answer(state: FakeServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake');
  const bytes = await buffer(request);
  const isJson = request.headers['content-type'] === 'application/json';
  const body = isJson ? (JSON.parse(bytes.toString()) as Row) : {};
  const call = { method: request.method ?? '', path: url.pathname, query: url.searchParams, body, bytes };
  state.calls.push(call);
  const send = (status: number, content: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  try {
    if (call.path !== '/ok' && call.path !== '/updates' && request.headers['x-api-key'] !== API_KEY) {
      throw new Refusal(401, 'invalid_apikey', 'Invalid apikey');
    }
    send(200, route(state, call));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    send(error.status, { error: error.code, message: error.message, moreInfo: error.moreInfo, status: 'KO' });
  }
}

function route(state: FakeServer, call: Call): unknown {
  const [, room] = call.path.split('/');
  if (room === 'ok') return { status: 'ok', ...(state.isBehindUnknownProxy && { forwarded_for: 'ignored' }) };
  if (call.path === '/updates') return state.updateAnswer;
  if (room === 'organization') return [{ id: '046a36ac-e03c-4590-9257-bd6c9dba9ee8', name: 'Acme' }];
  if (room === 'app') return apps(state, call);
  if (room === 'bundle') return bundles(state, call);
  if (room === 'channel') return channels(state, call);
  if (call.path === '/device/log') {
    return { data: state.events.slice(Number(call.query.get('after') ?? 0)), cursor: String(state.events.length) };
  }
  if (call.path === '/files/missing') {
    return { missing: (call.body.hashes as string[]).filter((hash) => !state.blobs.has(hash)) };
  }
  if (call.path === '/files/upload') return upload(state, call);
  throw new Refusal(404, 'not_found', 'Not found');
}

function apps({ apps }: FakeServer, { method, path, body }: Call): unknown {
  const id = path.split('/')[2];
  if (method === 'POST') {
    const app = { created_at: '2026-01-01T00:00:00.000Z', default_upload_channel: 'dev', last_version: null, ...body };
    apps.set(String(body.app_id), app);
    return app;
  }
  if (!id) return { data: [...apps.values()] };
  const app = apps.get(id);
  if (!app) throw new Refusal(404, 'cannot_find_app', 'Cannot find app');
  if (method === 'PUT') Object.assign(app, body);
  return app;
}

function nextVersion(taken: string[], bump: unknown): string {
  const versions = taken
    .map((text) => text.split('.').map(Number))
    .sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!);
  const newest = versions.at(-1);
  if (!newest) return '1.0.0';
  const [major, minor, patch] = newest;
  if (bump === 'major') return `${major! + 1}.0.0`;
  return bump === 'minor' ? `${major}.${minor! + 1}.0` : `${major}.${minor}.${patch! + 1}`;
}

function bundles({ bundles, blobs }: FakeServer, { method, body }: Call): unknown {
  if (method === 'GET') {
    if (bundles.length === 0) throw new Refusal(400, 'cannot_get_bundle', 'Cannot get bundle');
    return bundles;
  }
  const position = bundles.findIndex((bundle) => bundle.name === body.version);
  if (method === 'DELETE') {
    if (position < 0) throw new Refusal(400, 'cannot_delete_version', 'Cannot delete version');
    bundles.splice(position, 1);
    return { status: 'ok' };
  }
  body.version ??= nextVersion(
    [...bundles.map(({ name }) => String(name)), ...((body.above ?? []) as string[])],
    body.bump,
  );
  if (position >= 0) throw new Refusal(400, 'version_already_exists', 'Version already exists');
  if (body.upload && !blobs.has(String(body.upload))) throw new Refusal(400, 'upload_not_found', 'Not uploaded');
  const bundle = {
    id: bundles.length + 1,
    name: body.version,
    created_at: '2026-01-01T00:00:00.000Z',
    size: 1,
    ...body,
  };
  bundles.unshift(bundle);
  return { status: 'success', bundle };
}

function channels({ channels, bundles }: FakeServer, { method, query, body }: Call): unknown {
  const name = method === 'GET' ? query.get('channel') : body.channel;
  const found = channels.find((channel) => channel.name === name);
  if (method === 'GET') {
    if (!name) return channels;
    if (!found) throw new Refusal(400, 'cannot_find_version', 'Cannot find version', { channel: query.get('channel') });
    return found;
  }
  const { app_id: _, channel: __, version, ...settings } = body;
  const channel = found ?? { id: channels.length + 1, name, public: false, version: null, rolloutPercentageBps: 0 };
  Object.assign(channel, settings);
  if (version !== undefined) {
    const bundle = bundles.find((row) => row.name === version);
    channel.version = bundle ? { id: bundle.id, name: bundle.name } : null;
  }
  if (found) return { status: 'ok' };
  channels.push(channel);
  return version ? { status: 'ok', id: channel.id, public: channel.public } : { status: 'ok' };
}

function upload({ blobs }: FakeServer, { query, bytes }: Call): unknown {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== query.get('sha256')) throw new Refusal(400, 'checksum_mismatch', 'The bytes differ');
  blobs.set(sha256, bytes);
  return { sha256, size: bytes.length, crc32: '00000000', existed: false };
}
