// A place: the devices of one native build, or of one OS version. What is withheld is withheld at a place.

export type PlaceScope = 'native' | 'os';

const PLATFORMS = new Set(['ios', 'android', 'electron']);
/** What devices name longer than this is no version. */
const LONGEST_VERSION = 64;

/** `android 1.2.0`; null where a device names nothing that can be a place. */
export function placeOf(platform: string, version: string | null | undefined): string | null {
  if (!version || version.length > LONGEST_VERSION || !PLATFORMS.has(platform)) return null;
  return `${platform} ${version}`;
}

export function splitPlace(place: string): { platform: string; version: string } {
  const at = place.indexOf(' ');
  return { platform: place.slice(0, at), version: place.slice(at + 1) };
}

/** How a bundle in memory is asked whether it is withheld. */
export const placeKey = (scope: PlaceScope, platform: string, version: string): string =>
  `${scope} ${platform} ${version}`;

/** The OS version that a key names; none where it is about native builds. */
export function osVersionOfKey(key: string): string[] {
  const [scope, platform = ''] = key.split(' ', 2);
  return scope === 'os' ? [key.slice(scope.length + platform.length + 2)] : [];
}
