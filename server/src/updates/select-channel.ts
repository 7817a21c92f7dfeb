// Which channel a device listens to. Source: docs/protocol/device.md §4.3.

import type { Client, Platform } from './client.ts';
import type { AppState, Channel } from './release-state.ts';

export interface Selection {
  channel: Channel;
  via: 'override' | 'named' | 'public';
}

interface Listener {
  device_id: string;
  platform: Platform;
  client: Client;
  defaultChannel: string;
}

/** Undefined: none. A private channel that was named cannot be told from one that does not exist. */
export function selectChannel(state: AppState, device: Listener): Selection | undefined {
  const forced = findOverride(state, device.device_id);
  if (forced && !forced.unusable) return { channel: forced, via: 'override' };
  return selectUnforced(state, device);
}

/** The channel of a device as if nobody had forced it onto one. */
export function selectUnforced(state: AppState, device: Listener): Selection | undefined {
  if (device.defaultChannel !== '' && !asksForDefault(state, device)) {
    const named = findSelectable(state, device);
    // No fallback to the public channel: a device that named a channel must not silently run another one's bundle.
    return named && { channel: named, via: 'named' };
  }
  const first = findDefaultChannel(state, device.platform);
  return first && { channel: first, via: 'public' };
}

/**
 * The device names what was the public default once: it may only repeat what it was told, and would be left behind for
 * ever. A channel that devices may still choose is meant by those that do not keep what they were told.
 */
export function asksForDefault(state: AppState, device: Listener): boolean {
  if (!state.formerDefaults.get(device.defaultChannel)?.includes(device.platform)) return false;
  const named = findSelectable(state, device);
  return named === undefined || (!named.public && device.client.persistsAnsweredChannel);
}

/** Why `selectChannel` found none, for the owner: a device is never told that a closed channel exists. */
export function whyNoChannel(state: AppState, device: Listener): string {
  const { platform, defaultChannel: name } = device;
  if (name === '' || asksForDefault(state, device)) {
    const asked = name === '' ? '' : `It asks for channel "${name}", which was the default once, and `;
    return `${asked}${asked === '' ? 'The' : 'the'} app has no public channel for ${platform}`;
  }
  const named = state.channels.find((each) => each.name === name);
  if (named === undefined) return `It asks for channel "${name}", which the app does not have`;
  if (!maySelect(named)) return `It asks for channel "${name}", which is neither public nor open to devices`;
  if (!named[platform]) return `It asks for channel "${name}", which is off for ${platform}`;
  return `It asks for channel "${name}", whose bundle was deleted`;
}

function findSelectable(state: AppState, { defaultChannel, platform }: Listener): Channel | undefined {
  return state.channels.find((each) => each.name === defaultChannel && isOpenTo(each, platform) && maySelect(each));
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
