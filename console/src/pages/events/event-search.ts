// The filters of the live events, as they stand behind the `?`.

const TEXTS = ['bundle', 'channel', 'action', 'device_id'] as const;
const PLATFORMS = ['ios', 'android', 'electron'] as const;

export type EventSearch = Partial<Record<(typeof TEXTS)[number], string>> & {
  readonly platform?: (typeof PLATFORMS)[number];
};

export function readEventSearch(search: Record<string, unknown>): EventSearch {
  const found: Partial<Record<(typeof TEXTS)[number], string>> = {};
  // The router reads `1` as a number; a bundle may be called so.
  for (const name of TEXTS) {
    const value = search[name];
    if ((typeof value === 'string' || typeof value === 'number') && value !== '') found[name] = String(value);
  }
  const platform = PLATFORMS.find((each) => each === search['platform']);
  return platform === undefined ? found : { ...found, platform };
}
