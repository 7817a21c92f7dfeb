// What a channel serves, read from its row, and written to it.

import type { ChannelRow } from './channel-rows.ts';
import type { Serving } from './release-life.ts';
import { nextRolloutId } from './rollout-id.ts';

type ServingColumns = Pick<
  ChannelRow,
  | 'version'
  | 'rollout_version'
  | 'rollout_id'
  | 'rollout_enabled'
  | 'rollout_percentage_bps'
  | 'rollout_paused_at'
  | 'rollout_pause_reason'
>;

const EVERYBODY_BPS = 10_000;

export const servingOf = (row: Omit<ServingColumns, 'rollout_id' | 'rollout_pause_reason'>): Serving => ({
  stable: row.version,
  target: row.rollout_version,
  isPaused: row.rollout_paused_at !== null,
  isForEverybody: row.rollout_enabled && row.rollout_percentage_bps === EVERYBODY_BPS,
});

export const noRollout = {
  rollout_version: null,
  rollout_enabled: false,
  rollout_percentage_bps: 0,
  rollout_paused_at: null,
  rollout_pause_reason: null,
} as const;

/** The change as columns. A target that is set is a release that was stopped: everybody runs it who has it, and nobody new gets it. */
export function columnsOf(
  channel: Pick<ChannelRow, 'rollout_id'>,
  change: Partial<Serving>,
  reason: string | null,
): Partial<ServingColumns> {
  const { stable, target, isPaused } = change;
  return {
    ...(stable !== undefined && { version: stable }),
    ...(target !== undefined && { ...noRollout, rollout_version: target, rollout_id: nextRolloutId(channel) }),
    ...(target && { rollout_enabled: true, rollout_percentage_bps: EVERYBODY_BPS }),
    ...(isPaused && { rollout_paused_at: new Date(), rollout_pause_reason: reason }),
    ...(isPaused === false && { rollout_paused_at: null, rollout_pause_reason: null }),
  };
}
