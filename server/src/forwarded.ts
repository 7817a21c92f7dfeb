// Which peers may say, by X-Forwarded-For, for whom they ask; and noticing a proxy in front that nobody has named.

import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';

type Trust = (address: string, hop: number) => boolean;

/** `setting`: all, none, or addresses, networks and the names `loopback`, `linklocal`, `uniquelocal`, with commas. Throws where one is unknown. */
export function trustOf(setting: boolean | string): Trust {
  if (typeof setting === 'boolean') return () => setting;
  return proxyAddr.compile(setting.split(',').map((each) => each.trim()));
}

export class ForwardedWatch {
  readonly trust: Trust;
  readonly #warn: (peer: string) => void;
  #hasWarned = false;

  /** `warn` is called once: for the first request whose X-Forwarded-For was not believed. */
  constructor(setting: boolean | string, warn: (peer: string) => void) {
    this.trust = trustOf(setting);
    this.#warn = warn;
  }

  /** True when somebody forwards this request who is not trusted: it counts as the proxy's own. */
  ignores({ headers, socket }: IncomingMessage): boolean {
    return headers['x-forwarded-for'] !== undefined && !this.trust(socket.remoteAddress ?? '', 0);
  }

  /** Whose request it is: the peer, or who the trusted proxies say. The same as Fastify's `request.ip`. */
  addressOf(request: IncomingMessage): string {
    if (request.headers['x-forwarded-for'] === undefined) return request.socket.remoteAddress ?? '';
    return proxyAddr(request, this.trust);
  }

  /** At the beginning of each request. */
  look(request: IncomingMessage): void {
    // Node keeps an address that was read, and cannot read that of a peer who has gone: here it is there for certain.
    void request.socket.remoteAddress;
    if (this.#hasWarned || !this.ignores(request)) return;
    this.#hasWarned = true;
    // A listener for both families shows IPv4 as ::ffff:192.0.2.1.
    this.#warn(request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'an unknown address');
  }
}
