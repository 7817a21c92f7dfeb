// A browser as the server sees one: it keeps cookies, and says from which page it asks.

import { createHmac } from 'node:crypto';
import type { TestServer } from './server.ts';

type Headers = Record<string, string>;

interface BrowserAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server answered; tests say what they expect.
  readonly json: any;
  readonly headers: Record<string, unknown>;
}

export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #server: TestServer;
  readonly #remoteAddress: string;

  constructor(server: TestServer, remoteAddress = '127.0.0.1') {
    this.#server = server;
    this.#remoteAddress = remoteAddress;
  }

  get = (url: string, headers: Headers = {}) => this.ask('GET', url, undefined, headers);
  post = (url: string, body: object = {}, headers: Headers = {}) => this.ask('POST', url, body, headers);
  put = (url: string, body: object = {}, headers: Headers = {}) => this.ask('PUT', url, body, headers);
  delete = (url: string, body?: object, headers: Headers = {}) => this.ask('DELETE', url, body, headers);

  async ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object, headers: Headers = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.#server.app.inject({
      method,
      url,
      remoteAddress: this.#remoteAddress,
      headers: {
        ...(method !== 'GET' && { origin: new URL(this.#server.parts.config.publicUrl).origin }),
        ...(cookie && { cookie }),
        ...headers,
      },
      ...(body && { payload: JSON.stringify(body) }),
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) this.#keep(line);
    const result: BrowserAnswer = {
      status: answer.statusCode,
      json: answer.body === '' ? undefined : JSON.parse(answer.body),
      headers: answer.headers,
    };
    return result;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((each) => each.trim());
    const at = pair.indexOf('=');
    const isGone = attributes.some((each) => /^max-age=0$/i.test(each));
    if (isGone) this.cookies.delete(pair.slice(0, at));
    else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

export const ownerPassword = 'seven quiet lamps burn';

/** A browser in which the owner's account was made just now, by the admin key. */
export async function setUpOwner(server: TestServer, email = 'owner@example.test'): Promise<Browser> {
  const browser = new Browser(server);
  const body = { email, name: 'Olga Owner', password: ownerPassword };
  const { status, json } = await browser.post('/session/setup', body, { authorization: server.adminKey });
  if (status !== 200) throw new Error(`the set-up answered ${status} ${JSON.stringify(json)}`);
  return browser;
}

/** What an authenticator shows for the secret of a `otpauth:` address, at a time. RFC 6238 with its defaults. */
export function authenticatorCode(totpUri: string, atMs: number): string {
  const secret = fromBase32(new URL(totpUri).searchParams.get('secret')!);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000)));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const at = digest.at(-1)! & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function fromBase32(text: string): Buffer {
  const bits = [...text.replace(/=+$/, '')].map((sign) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'),
  );
  return Buffer.from(
    bits
      .join('')
      .match(/.{8}/g)!
      .map((byte) => Number.parseInt(byte, 2)),
  );
}

/** The token of an invitation's link. */
export const tokenIn = (inviteLink: string): string => /\/ui\/invite\/([\w-]+)$/.exec(inviteLink)![1]!;
