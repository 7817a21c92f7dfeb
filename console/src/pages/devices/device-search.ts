// The filters of the list of devices, as they stand behind the `?`.

import type { DeviceFilter } from '../../api/queries.ts';

const TEXTS = ['running_version', 'offered_version', 'channel', 'custom_id', 'version_build'] as const;
const PLATFORMS = ['ios', 'android', 'electron'] as const;

export type DeviceSearch = Partial<
  Pick<DeviceFilter, (typeof TEXTS)[number] | 'platform' | 'failing' | 'unheard_days'>
>;

export function readDeviceSearch(search: Record<string, unknown>): DeviceSearch {
  const found: Record<string, string> = {};
  // The router reads `1` as a number; a version may be one.
  for (const name of TEXTS) {
    const value = search[name];
    if ((typeof value === 'string' || typeof value === 'number') && value !== '') found[name] = String(value);
  }
  const platform = PLATFORMS.find((each) => each === search['platform']);
  const days = Number(search['unheard_days']);
  return {
    ...found,
    ...(platform !== undefined && { platform }),
    ...(search['failing'] === true && { failing: true }),
    ...(Number.isInteger(days) && days > 0 && { unheard_days: days }),
  };
}
