// Opens connections to addresses that strangers name (push endpoints, callbacks, webhooks) without reaching into the owner's network.

import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction, type Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { type OutboundProxies, openTunnel, proxyFor } from './outbound-proxy.ts';

/** Everything IANA marks as not globally reachable. Sources: RFC 6890 and the special-purpose address registries. */
const NON_PUBLIC_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Only 2000::/3 is handed out; these parts of it are special. Mapped, compatible and NAT64 forms lie outside it and are refused with the rest. */
const NON_PUBLIC_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

const refused = new BlockList();
for (const [net, prefix] of NON_PUBLIC_V4) refused.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of NON_PUBLIC_V6) refused.addSubnet(net, prefix, 'ipv6');

const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** True for an address of the public internet; false for private, loopback, link-local, multicast, reserved, IPv4-mapped, and for text that is no address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !refused.check(address, 'ipv4');
  if (family === 6) return globalUnicast.check(address, 'ipv6') && !refused.check(address, 'ipv6');
  return false;
}

/** The connection was refused before a byte was sent; retrying the same URL will not help while its name points there. */
export class BlockedAddressError extends Error {
  readonly code = 'ERR_BLOCKED_ADDRESS';
  readonly host: string;
  readonly address: string;
  constructor(host: string, address: string) {
    // Messages are shown to tenants; what the owner's resolver answers is not theirs to know.
    super(`${host} is not, or does not resolve to, a public address`);
    this.name = 'BlockedAddressError';
    this.host = host;
    this.address = address;
  }
}

/**
 * A `lookup` for node:net, node:tls and node:https that fails when any answer is not public: a name that
 * mixes public and private answers is an attack, so the good half is not used either.
 * The address handed out is the address connected to, which leaves no gap for DNS rebinding.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const blocked = addresses.find((entry) => !isPublicAddress(entry.address));
    if (blocked) return callback(new BlockedAddressError(hostname, blocked.address), '', 0);
    const [first] = addresses;
    if (!first) return callback(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }), '', 0);
    if (options.all) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};

/** True when a name resolves to an address that is not public; false also for one that does not resolve at all. */
export function resolvesPrivately(hostname: string): Promise<boolean> {
  return new Promise((resolve) => {
    publicLookup(hostname.replace(/\.$/, ''), { all: true }, (error) => resolve(error instanceof BlockedAddressError));
  });
}

export interface SafeConnectOptions {
  /** Lets private addresses through: tests on loopback, and owners whose receivers sit in their own network. */
  readonly allowPrivate?: boolean;
  /**
   * Ways out through a proxy. The name is looked up here first and the tunnel goes to the address that was checked; only
   * with `allowPrivate` the proxy resolves the name, since then every address is allowed.
   */
  readonly proxies?: OutboundProxies | undefined;
  /** PEM certificates trusted besides the system's. */
  readonly ca?: string | readonly string[];
  /** Connections kept per origin (default 8). */
  readonly connections?: number;
  /** Milliseconds to connect, to first byte and between bytes (default 10 000). */
  readonly timeoutMs?: number;
  /** Offer HTTP/2 (default true). */
  readonly http2?: boolean;
}

/** An undici connector that checks the address at connect time. */
export function safeConnector(options: SafeConnectOptions = {}): buildConnector.connector {
  const connect = buildConnector({
    timeout: options.timeoutMs ?? 10_000,
    allowH2: options.http2 ?? true,
    ...(options.ca ? { ca: typeof options.ca === 'string' ? options.ca : [...options.ca] } : {}),
    ...(options.allowPrivate ? {} : { lookup: publicLookup }),
  });
  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, '');
    // A literal address never reaches `lookup`.
    if (!options.allowPrivate && isIP(host) && !isPublicAddress(host)) {
      return callback(new BlockedAddressError(host, host), null);
    }
    const proxy = options.proxies && proxyFor(options.proxies, target.protocol, host);
    if (!proxy) return connect(target, callback);
    connectThrough(proxy, host, target, options).then(
      // What is not to be encrypted is ready as it is.
      (socket) =>
        target.protocol === 'https:' ? connect({ ...target, httpSocket: socket }, callback) : callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

async function connectThrough(
  proxy: URL,
  host: string,
  { protocol, port }: buildConnector.Options,
  options: SafeConnectOptions,
): Promise<Socket> {
  const address = options.allowPrivate || isIP(host) ? host : await findPublicAddress(host);
  const usual = protocol === 'https:' ? 443 : 80;
  return openTunnel(proxy, address, Number(port) || usual, options.timeoutMs ?? 10_000);
}

const findPublicAddress = (host: string) =>
  new Promise<string>((resolve, reject) => {
    publicLookup(host, {}, (error, address) => (error ? reject(error) : resolve(String(address))));
  });

/** A pool per origin whose every connection is checked. undici's `request` follows no redirect unless told to; nothing here tells it to. */
export function safeDispatcher(options: SafeConnectOptions = {}): Agent {
  const timeoutMs = options.timeoutMs ?? 10_000;
  return new Agent({
    connect: safeConnector(options),
    connections: options.connections ?? 8,
    allowH2: options.http2 ?? true,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: 16 * 1024,
  });
}

/** Says what is wrong with an outbound URL before it is stored; undefined when it is acceptable. Names are checked again when connecting. */
export function refuseUrl(
  text: string,
  options: { allowHttp?: boolean; allowPrivate?: boolean } = {},
): string | undefined {
  if (text.length > 1024) return 'is longer than 1024 characters';
  const url = URL.parse(text);
  if (!url) return 'is not an absolute URL';
  if (url.protocol !== 'https:' && !(options.allowHttp && url.protocol === 'http:')) {
    return options.allowHttp ? 'is not an http or https URL' : 'is not an https URL';
  }
  if (url.username || url.password) return 'contains credentials';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (options.allowPrivate) return undefined;
  if (isIP(host))
    return isPublicAddress(host) ? undefined : `points to ${isIPv4(host) ? 'a' : 'an IPv6'} non-public address`;
  return host.includes('.') && !PRIVATE_SUFFIX.test(host) ? undefined : 'names a host of a private network';
}

/** Names that never belong to the public DNS. Source: RFC 6761, RFC 6762, ICANN's reservation of .internal. */
const PRIVATE_SUFFIX = /\.(localhost|local|internal|test|invalid|home\.arpa)$/;
