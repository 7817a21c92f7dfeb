// Messages that were stored before forms were numbered: three of their fields have other names since.

import { isObject, type JsonObject } from '../fields.ts';

const OPTIONS = { apns_production: 'ios_production', apns_collapse_id: 'ios_collapse_id' };
const LIVE_ACTIVITY = { apns_priority: 'priority' };

export function fromForm1(message: JsonObject): JsonObject {
  const { options, live_activity } = message;
  return {
    ...message,
    ...(isObject(options) && { options: rename(options, OPTIONS) }),
    ...(isObject(live_activity) && { live_activity: rename(live_activity, LIVE_ACTIVITY) }),
  };
}

function rename(fields: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [names[name] ?? name, value]));
}
