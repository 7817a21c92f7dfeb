// How often a device may ask the channel routes, and what it hears when it asks more often (live-update protocol §8).

import { createLimit } from '../../accounts/limits.ts';
import { AppError } from '../../errors.ts';
import type { Question } from '../../updates/question.ts';

export type ChannelOperation = 'set' | 'get' | 'delete' | 'list';

export interface ChannelLimits {
  /** Throws `too_many_requests`. Every request counts, failing ones too. */
  check(operation: ChannelOperation, question: Question, ip: string, nowMs: number): void;
  /** Whether this device already set this channel within the last minute; remembers that it did now. */
  repeatsChannel(question: Question, channel: string, nowMs: number): number | undefined;
}

export function channelLimits(): ChannelLimits {
  const perDevice = createLimit({ allowed: 5, windowMs: 1_000 });
  const perAddress = createLimit({ allowed: 1_000, windowMs: 60_000 });
  const sameChannel = createLimit({ allowed: 1, windowMs: 60_000 });
  return {
    check(operation, question, ip, nowMs) {
      const address = `${question.app_id} ${ip}`;
      const addressUntil = perAddress.spentUntil(address, nowMs);
      if (addressUntil !== undefined) throw tooMany(question, addressUntil, nowMs, 'ip_rate_limit_exceeded');
      perAddress.count(address, nowMs);
      if (question.device_id === '') return;
      const device = `${question.app_id} ${question.device_id} ${operation}`;
      const deviceUntil = perDevice.spentUntil(device, nowMs);
      if (deviceUntil !== undefined) throw tooMany(question, deviceUntil, nowMs);
      perDevice.count(device, nowMs);
    },
    repeatsChannel(question, channel, nowMs) {
      const name = `${question.app_id} ${question.device_id} ${channel}`;
      const until = sameChannel.spentUntil(name, nowMs);
      if (until === undefined) sameChannel.count(name, nowMs);
      return until;
    },
  };
}

export function tooMany({ app_id, device_id }: Question, untilMs: number, nowMs: number, reason?: string): AppError {
  return new AppError('too_many_requests', 429, 'Too many requests', {
    app_id,
    device_id,
    rateLimitResetAt: untilMs,
    retryAfterSeconds: Math.max(1, Math.ceil((untilMs - nowMs) / 1_000)),
    ...(reason && { reason }),
  });
}
