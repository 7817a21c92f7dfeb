// The id of a channel's next rollout.

import { createHash } from 'node:crypto';

/**
 * A UUID (version 8, RFC 9562) that follows from the present one: devices are dealt into buckets anew with each rollout, and a
 * rehearsal deals them as the rollout will. Nobody outside knows the first, which the database drew.
 */
export function nextRolloutId({ rollout_id }: { rollout_id: string }): string {
  const hex = createHash('sha256').update(`${rollout_id}:next`).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
