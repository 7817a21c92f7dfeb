// The proxy that the owner's environment names for calls to the outside, and tunnels through it.

import { request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';

/** What HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. */
export interface OutboundProxies {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  /** Hosts, suffixes with a dot, `*`; separated by commas. */
  readonly none: string;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** The same for Node's own agents, which read text. */
export const agentEnv = ({ http, https, none }: OutboundProxies): Record<string, string> => ({
  ...(http ? { http_proxy: http } : {}),
  ...((https ?? http) ? { https_proxy: (https ?? http)! } : {}),
  no_proxy: [none, 'localhost', '.localhost', '127.0.0.0-127.255.255.255', '::1', '[::1]'].filter(Boolean).join(','),
});

/** Undefined: straight to it. This machine is never reached through another one. */
export function proxyFor(proxies: OutboundProxies, protocol: string, hostname: string): URL | undefined {
  const proxy = protocol === 'https:' ? (proxies.https ?? proxies.http) : proxies.http;
  if (!proxy) return undefined;
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const family = isIP(host);
  if (host === 'localhost' || host.endsWith('.localhost')) return undefined;
  if (family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6')) return undefined;
  const isDirect = proxies.none.split(/[\s,]+/).some((entry) => {
    const suffix = entry.toLowerCase().replace(/^\*?\./, '');
    return entry === '*' || (suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`)));
  });
  return isDirect ? undefined : new URL(proxy);
}

/** A connection to `host:port` that the proxy made. Throws with code ERR_PROXY when it refuses. */
export function openTunnel(proxy: URL, host: string, port: number, timeoutMs: number): Promise<Socket> {
  const place = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const user = decodeURIComponent(proxy.username);
  const word = decodeURIComponent(proxy.password);
  const secret = user === '' ? undefined : Buffer.from(`${user}:${word}`).toString('base64');
  const headers = { host: place, ...(secret ? { 'proxy-authorization': `Basic ${secret}` } : {}) };
  return new Promise((resolve, reject) => {
    const ask = proxy.protocol === 'https:' ? requestSecurely : request;
    const hostname = proxy.hostname.replace(/^\[|\]$/g, '');
    const asked = ask({
      host: hostname,
      port: proxy.port || undefined,
      method: 'CONNECT',
      path: place,
      headers,
      agent: false,
    });
    const refuse = (reason: string) => {
      reject(Object.assign(new Error(`The proxy ${proxy.host} ${reason}`), { code: 'ERR_PROXY' }));
    };
    asked.setTimeout(timeoutMs, () =>
      asked.destroy(Object.assign(new Error('The proxy is silent'), { code: 'ETIMEDOUT' })),
    );
    asked.on('error', (error: NodeJS.ErrnoException) => refuse(`does not answer: ${error.code ?? error.message}`));
    asked.on('response', (answer) => {
      answer.resume();
      refuse(`answered ${answer.statusCode}`);
    });
    asked.on('connect', (answer, socket) => {
      socket.setTimeout(0);
      if (answer.statusCode === 200) return resolve(socket as Socket);
      socket.destroy();
      refuse(`answered ${answer.statusCode}`);
    });
    asked.end();
  });
}
