// Whether a request comes from a store's own machines, which run apps to review them and skew every statistic. The networks
// are data: networks/provider-networks.json, or a file of the owner's in the same form.

import { readFileSync } from 'node:fs';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { fileURLToPath } from 'node:url';
import { LRUCache } from 'lru-cache';
import { StartError } from '../errors.ts';

const ownFile = fileURLToPath(new URL('../../networks/provider-networks.json', import.meta.url));
const namePattern = /^[a-z][a-z0-9_-]{0,31}$/;
const MAX_REMEMBERED = 10_000;
/** What is remembered of an address that belongs to no provider. */
const NOBODY = '';

export class ProviderNetworks {
  readonly #lists: { provider: string; list: BlockList }[];
  readonly #remembered = new LRUCache<string, string>({ max: MAX_REMEMBERED });

  /** `ranges` of each provider in CIDR notation. Throws on one that is none. */
  constructor(ranges: Readonly<Record<string, readonly string[]>>) {
    this.#lists = Object.entries(ranges).map(([provider, own]) => {
      const list = new BlockList();
      for (const range of own) addRange(list, range);
      return { provider, list };
    });
  }

  /** The name of the provider. `ip` as the socket or a trusted proxy names it; IPv4 within IPv6 counts as IPv4. */
  of(ip: string): string | undefined {
    const remembered = this.#remembered.get(ip);
    if (remembered !== undefined) return remembered || undefined;
    const plain = ip.startsWith('::ffff:') ? ip.slice('::ffff:'.length) : ip;
    const family = isIPv6(plain) ? 'ipv6' : 'ipv4';
    const found = this.#lists.find(({ list }) => list.check(plain, family))?.provider;
    if (ip.length <= 64) this.#remembered.set(ip, found ?? NOBODY);
    return found;
  }
}

function addRange(list: BlockList, range: string): void {
  const [address = '', bits = '', ...rest] = range.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most) {
    throw new Error(`"${range}" is not a network like 192.0.2.0/24 or 2001:db8::/32`);
  }
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
}

/** Reads `path`, or the list that comes with the server. Throws a `StartError` that says what is wrong with the file. */
export function loadProviderNetworks(path?: string): ProviderNetworks {
  try {
    return new ProviderNetworks(readRanges(JSON.parse(readFileSync(path ?? ownFile, 'utf8'))));
  } catch (cause) {
    const where = path === undefined ? ownFile : `OVERAIR_PROVIDER_NETWORKS=${path}`;
    throw new StartError(`Cannot use the networks of ${where}: ${(cause as Error).message}.`, { cause });
  }
}

/** `{"<provider>": {"source": "…", "date": "YYYY-MM-DD", "ranges": ["192.0.2.0/24"]}}`; `{}` blocks nobody. */
function readRanges(value: unknown): Record<string, string[]> {
  if (!isObject(value)) throw new Error('it must be an object of providers');
  const entries = Object.entries(value).map(([name, provider]): [string, string[]] => {
    if (!namePattern.test(name)) throw new Error(`"${name}" is not a provider's name in lower case`);
    if (!isObject(provider)) throw new Error(`"${name}" must be an object with source, date and ranges`);
    const { source, date, ranges } = provider;
    if (typeof source !== 'string' || source === '') throw new Error(`"${name}" must name its source`);
    if (typeof date !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date))) {
      throw new Error(`the date of "${name}" must be like 2026-01-31`);
    }
    if (!Array.isArray(ranges) || !ranges.every((range) => typeof range === 'string')) {
      throw new Error(`the ranges of "${name}" must be a list of networks`);
    }
    return [name, ranges];
  });
  return Object.fromEntries(entries);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
