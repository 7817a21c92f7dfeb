// Rate limits per device, and the error when exceeded: for the device itself (docs/protocol/device.md §8), and for owners
// who force devices onto channels (docs/protocol/management.md §3.3).

import { type RateLimits, tooManyRequests } from '../rate-limit.ts';
import { subscriberOf } from '../subscriber.ts';

export type DeviceOperation = 'set' | 'get' | 'delete' | 'list';

interface AskedDevice {
  app_id: string;
  /** Empty where a call is about no single device. */
  device_id: string;
  /** The key that asks. Counted apart from others: who has no rights on an app must not use up what its owner has. */
  askedBy?: string | number;
}

export interface DeviceLimits {
  /** Throws `too_many_requests`. Every call counts, failing ones too. */
  check(operation: DeviceOperation, device: AskedDevice, ip: string, nowMs: number): void;
  /** Until when this channel was set for this device, if that was within the last minute; remembers that it is now. */
  repeatsChannel(device: AskedDevice, channel: string, nowMs: number): number | undefined;
  /** The channel was not set after all: setting it is no repetition. */
  forgetChannel(device: AskedDevice, channel: string): void;
}

const nameOf = ({ askedBy, app_id, device_id }: AskedDevice, what: string) =>
  `${askedBy ?? ''} ${app_id} ${device_id} ${what}`;

interface Allowed {
  /** Calls of one kind for one device; 0 switches all limits off. */
  perSecond: number;
  /** Calls for one app from one address; 0 is no limit. */
  perAddressAndMinute: number;
}

/** `name` keeps the limits of those who ask apart: devices themselves, and their owners. */
export function deviceLimits(
  limits: RateLimits,
  name: string,
  { perSecond, perAddressAndMinute }: Allowed,
): DeviceLimits {
  const unlessOff = (allowed: number) => (perSecond === 0 ? 0 : allowed);
  const perDevice = limits.open({ name: `${name}-per-device`, allowed: perSecond, windowMs: 1_000 });
  const perAddress = limits.open({
    name: `${name}-per-address`,
    allowed: unlessOff(perAddressAndMinute),
    windowMs: 60_000,
  });
  const sameChannel = limits.open({ name: `${name}-same-channel`, allowed: unlessOff(1), windowMs: 60_000 });
  return {
    check(operation, asked, ip, nowMs) {
      const { app_id, device_id } = asked;
      const address = `${app_id} ${subscriberOf(ip)}`;
      const addressUntil = perAddress.spentUntil(address, nowMs);
      if (addressUntil !== undefined) {
        throw tooManyRequests(addressUntil, nowMs, { app_id, device_id, reason: 'ip_rate_limit_exceeded' });
      }
      perAddress.take(address, nowMs);
      if (device_id === '') return;
      const device = nameOf(asked, operation);
      const deviceUntil = perDevice.spentUntil(device, nowMs);
      if (deviceUntil !== undefined) throw tooManyRequests(deviceUntil, nowMs, { app_id, device_id });
      perDevice.take(device, nowMs);
    },
    repeatsChannel(asked, channel, nowMs) {
      const name = nameOf(asked, channel);
      const until = sameChannel.spentUntil(name, nowMs);
      if (until === undefined) sameChannel.take(name, nowMs);
      return until;
    },
    forgetChannel: (asked, channel) => sameChannel.forget(nameOf(asked, channel)),
  };
}
