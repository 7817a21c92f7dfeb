// What is wrong with an address when a phone is to use it: the developer's machine sees more than a phone does.

import type { CapacitorConfig } from './capacitor-config.ts';

/** One sentence for each kind of address in the app's config that phones cannot use, or should not. */
export function adviseAddresses({ updater, values }: CapacitorConfig): string[] {
  const urls = ['updateUrl', 'statsUrl', 'channelUrl'].flatMap((key) =>
    typeof updater[key] === 'string' ? [{ key, url: updater[key] }] : [],
  );
  const advice = urls.flatMap(({ key, url }) => adviseUrl(`plugins.CapacitorUpdater.${key}`, url));
  const live = (values.server as { url?: unknown } | undefined)?.url;
  if (typeof live === 'string' && live) {
    advice.push(
      `server.url is ${live}: the app loads that address and never runs a bundle. It is for development only.`,
    );
  }
  // The three addresses share a server, and its fault.
  return advice.slice(0, 1).concat(advice.slice(1).filter((sentence) => sentence.startsWith('server.url')));
}

function adviseUrl(key: string, text: string): string[] {
  if (!URL.canParse(text)) return [`${key} is "${text}", which is no address.`];
  const { protocol, hostname } = new URL(text);
  if (/^(?:.+\.)?localhost$|^127\.|^\[::1\]$|^0\.0\.0\.0$/.test(hostname)) {
    return [
      `${key} names ${hostname}: on a phone that is the phone itself. Use the address at which phones reach the server.`,
    ];
  }
  if (protocol === 'https:') return [];
  return [`${key} is not https: iOS refuses such addresses, and Android too unless the app allows cleartext traffic.`];
}
