// Which channel a device listens to. Source: live-update protocol §4.3.

import type { Platform } from './client.ts';
import type { AppState, Channel } from './release-state.ts';

export interface Selection {
  channel: Channel;
  via: 'override' | 'named' | 'public';
}

export interface Listener {
  device_id: string;
  platform: Platform;
  defaultChannel: string;
}

/** Undefined: none. A private channel that was named cannot be told from one that does not exist. */
export function selectChannel(state: AppState, device: Listener): Selection | undefined {
  const forced = findOverride(state, device.device_id);
  if (forced && !forced.unusable) return { channel: forced, via: 'override' };
  if (device.defaultChannel !== '') {
    const named = state.channels.find(
      (each) => each.name === device.defaultChannel && isOpenTo(each, device.platform) && maySelect(each),
    );
    // No fallback to the public channel: a device that named a channel must not silently run another one's bundle.
    return named && { channel: named, via: 'named' };
  }
  const first = findDefaultChannel(state, device.platform);
  return first && { channel: first, via: 'public' };
}

/** The device's forced channel, usable or not. */
export function findOverride(state: AppState, device_id: string): Channel | undefined {
  const id = state.overrides.get(device_id);
  return id === undefined ? undefined : state.channelsById.get(id);
}

/** The public channel of a platform that can be used. */
export function findDefaultChannel(state: AppState, platform: Platform): Channel | undefined {
  return state.channels.find((each) => each.public && isOpenTo(each, platform));
}

const isOpenTo = (channel: Channel, platform: Platform): boolean => channel[platform] && !channel.unusable;
const maySelect = (channel: Channel): boolean => channel.public || channel.allow_device_self_set;
