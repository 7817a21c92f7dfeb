// The two payloads of a request that only iPhones know: live activities and VoIP wake-ups.

import { pushError } from './errors.ts';
import type { Fields, JsonObject } from './fields.ts';

export interface LiveActivity {
  readonly event: 'start' | 'update' | 'end';
  readonly attributes_type: string | undefined;
  readonly attributes: JsonObject | undefined;
  readonly content_state: JsonObject;
  readonly alert: JsonObject | undefined;
  /** Unix seconds. */
  readonly dismissal_date: number | undefined;
  /** Unix seconds. */
  readonly stale_date: number | undefined;
  readonly relevance_score: number | undefined;
  readonly apns_priority: number;
}

const LATEST_DATE = 2 ** 40;

export function parseLiveActivity(body: Fields): LiveActivity | undefined {
  const outer = body.nested('live_activity');
  if (!outer) return undefined;
  const block = outer.nested('ios');
  if (!block) throw pushError(21002, outer.at('ios'));
  const event = block.text('event');
  if (event !== 'start' && event !== 'update' && event !== 'end') throw pushError(21050);
  const attributesType = block.text('attributes-type');
  if (event === 'start' && !attributesType) throw pushError(21052);
  const state = block.object('content-state');
  if (!state || Object.keys(state).length === 0) throw pushError(21053);
  const priority = block.integer('apns-priority', 5, 10) ?? 10;
  if (priority !== 5 && priority !== 10) throw pushError(21003, `${block.at('apns-priority')} is not 5 or 10`);
  return {
    event,
    attributes_type: attributesType,
    attributes: block.object('attributes'),
    content_state: state,
    alert: block.object('alert'),
    dismissal_date: block.integer('dismissal-date', 0, LATEST_DATE),
    stale_date: block.integer('stale-date', 0, LATEST_DATE),
    relevance_score: block.integer('relevance-score', 1, 100),
    apns_priority: priority,
  };
}

export function parseVoip(body: Fields): JsonObject | undefined {
  return body.object('voip');
}
