// The only reader of the environment: every setting, its default, and every problem at once.

import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from './errors.ts';
import { trustOf } from './forwarded.ts';
import type { MailSettings } from './net/mailer.ts';
import type { OutboundProxies } from './net/outbound-proxy.ts';
import { type Provider, readProviders } from './oidc-settings.ts';

type Role = 'web' | 'worker';

export interface Config {
  port: number;
  host: string;
  /** Origin (no trailing slash) of the URLs handed to devices. */
  publicUrl: string;
  dataDir: string;
  databaseUrl: string | undefined;
  databasePoolSize: number;
  /** `file:///…` or `s3://…`. */
  storageUrl: string;
  /** Signs download URLs and encrypts stored credentials. */
  secret: string;
  adminKey: string | undefined;
  roles: readonly Role[];
  trustProxy: boolean | string;
  logLevel: string;
  maxUploadBytes: number;
  /** Webhooks and push endpoints may point at private addresses. */
  allowPrivateAddresses: boolean;
  /** For calls to the outside: S3, webhooks, push. Undefined when the environment names none. */
  proxies?: OutboundProxies | undefined;
  /** Where alerts are mailed; undefined: nobody is written to. */
  mail: MailSettings | undefined;
  /** Of OIDC: who people may sign in with, besides passwords and passkeys. */
  oidcProviders: readonly Provider[];
  /** Days to keep raw events; rollups are kept for ever. */
  statsRetentionDays: number;
  /** Days after which a device that was not heard of is forgotten; 0 keeps it. */
  deviceRetentionDays: number;
  /** New devices that one network (IPv4 /24, IPv6 /48) may bring to an app in an hour; 0 is no limit. */
  newDevicesPerHour: number;
  /** A file of the stores' networks instead of the list that comes with the server. */
  providerNetworksFile: string | undefined;
  /** Days after which a forced channel that nobody renewed is forgotten; 0 keeps it. */
  overrideRetentionDays: number;
  /** Management calls per key and minute; 0 is no limit. */
  apiKeyRateLimit: number;
  /**
   * Wrong keys of one prefix from one address before the answer is 429, for 15 minutes. Right ones always pass. 0 is no
   * limit, neither for keys nor for passwords.
   */
  failedAuthLimit: number;
  /** Channel calls per app, address and minute, by devices and about them; 0 is no limit. */
  channelCallLimit: number;
  /** Management calls of one kind about one device and second; 0 switches this and the other limits of `/device` off. */
  deviceRateLimit: number;
  /** How long devices are answered by the last known state while the database is away. */
  staleStateHours: number;
}

type Env = Readonly<Record<string, string | undefined>>;

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Validates all of `env`; throws one `StartError` that lists every problem. Creates the secret on first use. */
export function loadConfig(env: Env): Config {
  const problems: string[] = [];
  const read = new Reader(env, problems);
  const port = read.integer('PORT', 3000, 0, 65_535);
  const dataDir = resolve(env['OVERAIR_DATA_DIR'] || './data');
  const config = {
    port,
    host: env['HOST'] || '0.0.0.0',
    publicUrl: read.origin('OVERAIR_PUBLIC_URL', `http://localhost:${port}`),
    dataDir,
    databaseUrl: read.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    databasePoolSize: read.integer('OVERAIR_DATABASE_POOL', 10, 2, 1000),
    storageUrl: read.url('OVERAIR_STORAGE_URL', ['file:', 's3:']) ?? `file:${join(dataDir, 'blobs')}`,
    adminKey: read.atLeast('OVERAIR_ADMIN_KEY', 16),
    roles: read.roles('OVERAIR_ROLES'),
    trustProxy: read.trustProxy('OVERAIR_TRUST_PROXY'),
    logLevel: read.oneOf('OVERAIR_LOG_LEVEL', 'info', logLevels),
    maxUploadBytes: read.integer('OVERAIR_MAX_UPLOAD_MB', 1024, 1, 100_000) * 1024 * 1024,
    allowPrivateAddresses: read.flag('OVERAIR_ALLOW_PRIVATE_ADDRESSES'),
    proxies: read.proxies(),
    mail: read.mail(),
    oidcProviders: readProviders(env, problems),
    statsRetentionDays: read.integer('OVERAIR_STATS_RETENTION_DAYS', 400, 1, 36_500),
    deviceRetentionDays: read.integer('OVERAIR_DEVICE_RETENTION_DAYS', 90, 0, 36_500),
    newDevicesPerHour: read.integer('OVERAIR_NEW_DEVICES_PER_HOUR', 300, 0, 10_000_000),
    providerNetworksFile: env['OVERAIR_PROVIDER_NETWORKS'] || undefined,
    overrideRetentionDays: read.integer('OVERAIR_OVERRIDE_RETENTION_DAYS', 90, 0, 36_500),
    apiKeyRateLimit: read.integer('OVERAIR_API_KEY_RATE_LIMIT', 2000, 0, 10_000_000),
    failedAuthLimit: read.integer('OVERAIR_FAILED_AUTH_LIMIT', 20, 0, 10_000_000),
    channelCallLimit: read.integer('OVERAIR_CHANNEL_CALL_LIMIT', 1000, 0, 10_000_000),
    deviceRateLimit: read.integer('OVERAIR_DEVICE_RATE_LIMIT', 5, 0, 10_000_000),
    staleStateHours: read.integer('OVERAIR_STALE_STATE_HOURS', 24, 0, 8_760),
  };
  refuseLibrarySettings(env, problems);
  const givenSecret = read.atLeast('OVERAIR_SECRET', 16);
  if (problems.length > 0) throw new StartError(`The settings have problems:\n  ${problems.join('\n  ')}`);
  return { ...config, secret: givenSecret ?? keptSecret(dataDir) };
}

/** The library that signs people in reads these by itself, past all that is decided here. */
function refuseLibrarySettings(env: Env, problems: string[]): void {
  for (const name of Object.keys(env).filter((each) =>
    /^(NEXT_PUBLIC_|NUXT_PUBLIC_|PUBLIC_)?BETTER_AUTH_/.test(each),
  )) {
    problems.push(`${name} must not be set: it would change how people sign in behind this server's back.`);
  }
}

class Reader {
  readonly #env: Env;
  readonly #problems: string[];

  constructor(env: Env, problems: string[]) {
    this.#env = env;
    this.#problems = problems;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const text = this.#env[name];
    if (!text) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    this.#problems.push(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
    return fallback;
  }

  url(name: string, protocols: string[]): string | undefined {
    const text = this.#env[name];
    if (!text) return undefined;
    if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
    // The value may hold a password: it is not repeated.
    this.#problems.push(`${name} must be a URL that starts with ${protocols.join('// or ')}//.`);
    return undefined;
  }

  mail(): MailSettings | undefined {
    const url = this.url('OVERAIR_SMTP_URL', ['smtp:', 'smtps:']);
    const from = this.#env['OVERAIR_MAIL_FROM'];
    if (url === undefined) return undefined;
    if (from && /^[^<>\r\n]*<?[^\s@<>]+@[^\s@<>]+>?$/.test(from)) return { url, from };
    this.#problems.push('OVERAIR_SMTP_URL needs OVERAIR_MAIL_FROM: the address that mails come from.');
    return undefined;
  }

  origin(name: string, fallback: string): string {
    const text = this.url(name, ['http:', 'https:']);
    if (text === undefined) return fallback;
    const { search, hash } = new URL(text);
    if (search || hash) this.#problems.push(`${name} must not have a query or a fragment.`);
    return text.replace(/\/+$/, '');
  }

  oneOf(name: string, fallback: string, allowed: string[]): string {
    const text = this.#env[name];
    if (!text || allowed.includes(text)) return text || fallback;
    this.#problems.push(`${name} must be one of ${allowed.join(', ')}, not "${text}".`);
    return fallback;
  }

  flag(name: string): boolean {
    return this.oneOf(name, 'false', ['true', 'false', '1', '0']).match(/^(true|1)$/) !== null;
  }

  /** The small spelling wins, as with curl; `proxy.example.com:3128` is one of http. */
  proxies(): OutboundProxies | undefined {
    const [http, https] = ['HTTP_PROXY', 'HTTPS_PROXY'].map((name) => {
      const text = (this.#env[name.toLowerCase()] || this.#env[name] || '').trim();
      if (!text) return undefined;
      const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
      if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return address;
      this.#problems.push(`${name} must be the address of an http proxy, such as http://proxy.example.com:3128.`);
      return undefined;
    });
    return http || https ? { http, https, none: this.#env['no_proxy'] || this.#env['NO_PROXY'] || '' } : undefined;
  }

  /** `true`, or the addresses and networks of the proxies in front, separated by commas. */
  trustProxy(name: string): boolean | string {
    const text = this.#env[name];
    if (!text || text === 'false' || text === '0') return false;
    if (text === 'true' || text === '1') return true;
    try {
      trustOf(text);
    } catch {
      this.#problems.push(
        `${name} must be addresses or networks (10.0.0.0/8), loopback, linklocal or uniquelocal, separated by commas, not "${text}".`,
      );
    }
    return text;
  }

  atLeast(name: string, length: number): string | undefined {
    const text = this.#env[name];
    if (!text || text.length >= length) return text || undefined;
    this.#problems.push(`${name} must have at least ${length} characters.`);
    return undefined;
  }

  roles(name: string): Role[] {
    const names = (this.#env[name] || 'web,worker').split(',').map((each) => each.trim());
    const known = names.filter((each): each is Role => each === 'web' || each === 'worker');
    if (known.length === names.length) return known;
    this.#problems.push(`${name} must be web, worker or both separated by a comma.`);
    return ['web', 'worker'];
  }
}

/** Without a configured secret one is made once and kept beside the data, readable by the owner only. */
function keptSecret(dataDir: string): string {
  const path = join(dataDir, 'secret');
  try {
    mkdirSync(dataDir, { recursive: true });
    try {
      writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600, flush: true });
      chmodSync(path, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new StartError(`Cannot keep the server's secret in ${path}: ${(cause as Error).message}`, { cause });
  }
}
