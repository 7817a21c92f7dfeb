// The two payloads of a request that only iPhones know: live activities and VoIP wake-ups.

import type { Fields, JsonObject } from '../../../push/fields.ts';
import type { LiveActivity } from '../../../push/message/message.ts';
import { refuse } from '../../../push/refusals.ts';
import { pushError } from './numbers.ts';

const LATEST_DATE = 2 ** 40;

export function parseLiveActivity(body: Fields): LiveActivity | undefined {
  const outer = body.nested('live_activity');
  if (!outer) return undefined;
  const block = outer.nested('ios');
  if (!block) throw refuse('field_missing', outer.at('ios'));
  const event = block.text('event');
  if (event !== 'start' && event !== 'update' && event !== 'end') throw pushError(21050);
  const attributesType = block.text('attributes-type');
  if (event === 'start' && !attributesType) throw pushError(21052);
  const state = block.object('content-state');
  if (!state || Object.keys(state).length === 0) throw pushError(21053);
  const priority = block.integer('apns-priority', 5, 10) ?? 10;
  if (priority !== 5 && priority !== 10) throw refuse('field_invalid', `${block.at('apns-priority')} is not 5 or 10`);
  return {
    event,
    attributes_type: attributesType,
    attributes: block.object('attributes'),
    content_state: state,
    alert: block.object('alert'),
    dismissal_date: block.integer('dismissal-date', 0, LATEST_DATE),
    stale_date: block.integer('stale-date', 0, LATEST_DATE),
    relevance_score: block.integer('relevance-score', 1, 100),
    priority,
  };
}

export function parseVoip(body: Fields): JsonObject | undefined {
  return body.object('voip');
}
