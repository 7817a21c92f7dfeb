// Every call over the network goes out here: by the proxy that the environment names, and with a reason when no answer comes.

import { CliError, describeError } from '../cli-error.ts';
import { isLoopback } from './loopback.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface Proxies {
  http: string | undefined;
  https: string | undefined;
  /** Hosts that are reached directly, separated by commas. */
  none: string;
}

// What is on this machine is never reached through another one.
const DIRECT_HOSTS = ['localhost', '127.0.0.1', '::1', '[::1]'];
const direct = new Set(DIRECT_HOSTS);
let taken: Promise<void> | undefined;

/** `fetch`, by HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment in either spelling. Throws a `CliError` that says why no answer came. */
export async function send(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : String(input));
  await takeRoute(url, process.env);
  try {
    return await fetch(input, init);
  } catch (cause) {
    if (init?.signal?.aborted) throw cause;
    throw await explain(url, cause);
  }
}

/** Where a call to this address goes: undefined is straight to it. Host and port, never the proxy's credentials. */
function proxyOf(url: URL, env: Env): string | undefined {
  const { http, https, none } = readProxies(env);
  // As Node does it: with HTTP_PROXY alone https goes that way too.
  const proxy = url.protocol === 'https:' ? (https ?? http) : http;
  if (!proxy || isLoopback(url.hostname)) return undefined;
  const host = url.hostname.toLowerCase();
  const isDirect = none.split(/[\s,]+/).some((entry) => {
    const suffix = entry.toLowerCase().replace(/^\*?\./, '');
    return entry === '*' || (suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`)));
  });
  return isDirect ? undefined : new URL(proxy).host;
}

async function takeRoute(url: URL, env: Env): Promise<void> {
  const { http, https, none } = readProxies(env);
  if (!http && !https) return;
  const isNew = isLoopback(url.hostname) && !direct.has(url.hostname);
  if (isNew) direct.add(url.hostname);
  if (taken && !isNew) return taken;
  const proxyEnv = {
    ...(http ? { http_proxy: http } : {}),
    ...(https ? { https_proxy: https } : {}),
    no_proxy: [none, ...direct].filter(Boolean).join(','),
  };
  taken = applyProxies(proxyEnv);
  return taken;
}

async function applyProxies(proxyEnv: NodeJS.ProcessEnv): Promise<void> {
  const { setGlobalProxyFromEnv } = await import('node:http');
  if (setGlobalProxyFromEnv) setGlobalProxyFromEnv(proxyEnv);
  else
    process.stderr.write(`! Node ${process.versions.node} ignores the proxy variables; 24.14 and newer honour them.\n`);
}

function readProxies(env: Env): Proxies {
  return {
    http: readProxy(env, 'HTTP_PROXY'),
    https: readProxy(env, 'HTTPS_PROXY'),
    none: env.no_proxy || env.NO_PROXY || '',
  };
}

/** The small spelling wins, as with curl. */
function readProxy(env: Env, name: 'HTTP_PROXY' | 'HTTPS_PROXY'): string | undefined {
  const text = (env[name.toLowerCase()] || env[name] || '').trim();
  if (!text) return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return address;
  // The value may hold a password: it is not repeated.
  throw new CliError('invalid_proxy', `${name} is not the address of an http proxy.`, {
    hint: 'Write it like http://proxy.example.com:3128; SOCKS is not supported.',
  });
}

async function explain(url: URL, cause: unknown): Promise<CliError> {
  const proxy = proxyOf(url, process.env);
  const reason = deepest(cause);
  const code = String((reason as { code?: unknown }).code ?? '');
  if (!proxy) {
    const scheme = await findOtherScheme(url, code);
    if (scheme) return wrongScheme(url, scheme);
  }
  const by = proxy ? ` by the proxy ${proxy}` : '';
  return new CliError('server_unreachable', `No answer from ${url.origin}${by}: ${describeError(reason)}`, {
    cause,
    hint: hintFor(code, describeError(reason), proxy),
  });
}

function hintFor(code: string, message: string, proxy: string | undefined): string {
  if (/CERT|SELF_SIGNED|UNABLE_TO|ISSUER/.test(code)) {
    return 'If your company signs its own certificates, name its file in NODE_EXTRA_CA_CERTS.';
  }
  if (/\b407\b/.test(message)) return 'The proxy wants a password: http://user:password@proxy.example.com:3128.';
  if (proxy) return 'The proxy comes from HTTP_PROXY or HTTPS_PROXY; list hosts that need none in NO_PROXY.';
  return 'Check the address and your connection; overair doctor says more.';
}

function wrongScheme(url: URL, speaks: 'http' | 'https'): CliError {
  const right = `${speaks}://${url.host}`;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return new CliError(
    'wrong_scheme',
    `Port ${port} of ${url.hostname} speaks ${speaks}, not ${url.protocol.slice(0, -1)}.`,
    {
      hint: `Write ${right}${speaks === 'http' ? ' (or put the server behind https: phones want it).' : '.'}`,
    },
  );
}

/** Asks the port without sending anything of ours: the key must not travel by the other scheme unasked. */
async function findOtherScheme(url: URL, code: string): Promise<'http' | 'https' | undefined> {
  if (url.protocol === 'https:') {
    return /ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNSUPPORTED_PROTOCOL)/.test(code)
      ? 'http'
      : undefined;
  }
  const isPuzzling = /^(?:UND_ERR_SOCKET|ECONNRESET|HPE_|EPROTO)/.test(code);
  return isPuzzling && (await speaksTls(url)) ? 'https' : undefined;
}

const HANDSHAKE_MS = 3000;

async function speaksTls(url: URL): Promise<boolean> {
  const { connect } = await import('node:tls');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    // Whose certificate it is does not matter here: nothing is said over this connection.
    const socket = connect({ host, port: Number(url.port || 80), rejectUnauthorized: false, timeout: HANDSHAKE_MS });
    const end = (spoke: boolean) => {
      socket.destroy();
      resolve(spoke);
    };
    socket.on('secureConnect', () => end(true));
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
}

function deepest(error: unknown): unknown {
  let current: unknown = error;
  while (current instanceof Error && current.cause) current = current.cause;
  return current instanceof AggregateError ? (current.errors[0] ?? current) : current;
}
