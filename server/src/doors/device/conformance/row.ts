// How a row of the device protocol's conformance tables is written down: a state, requests, and what must come of them.

/** Changes to fixture F; what is not there yet is added. */
export interface State {
  app?: Readonly<Record<string, unknown>>;
  bundles?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `version` and `rollout_version` by bundle name; null is the store's bundle. */
  channels?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Device → channel; null takes the override away. */
  overrides?: Readonly<Record<string, string | null>>;
}

export interface Stored {
  /** The device's row holds at least this; null: there is no row. */
  device?: Readonly<Record<string, unknown>> | null;
  /** The log, in any order, each line at least this. */
  events?: readonly Readonly<Record<string, unknown>>[];
  /** All counters (`+install`, `+uninstall`, `+fail`) as "action bundle channel" → count. */
  counters?: Readonly<Record<string, number>>;
  /** The device's forced channel; null: none. */
  override?: string | null;
  /** Names of all bundles of the app. */
  bundles?: readonly string[];
}

export interface Step {
  /** Applied before the request; the server has heard of it when it is asked. */
  change?: State;
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path?: string;
  /** A string is sent as it is, everything else as JSON. The app of the row stands in for `com.demo.app`. */
  body?: unknown;
  query?: Readonly<Record<string, string>>;
  times?: number;
  status?: number;
  /** "code/kind" of a refusal with HTTP 200. */
  refused?: string;
  /** The bundle that is offered. */
  offered?: string;
  /** "code" of an error, with its message and `moreInfo`; `issue` is the first complaint of the schema. */
  error?: string;
  issue?: string;
  equals?: unknown;
  holds?: Readonly<Record<string, unknown>>;
  lacks?: readonly string[];
  /** For a list: the names in it, in any order. */
  names?: readonly string[];
  headers?: readonly string[];
  stored?: Stored;
}

export interface Row {
  id: string;
  title: string;
  state?: State;
  steps: readonly Step[];
}

export const device_id = '00009a6b-eefe-490a-9c60-8e965132ae51';

/** The question that most rows ask. */
export const Q = {
  platform: 'android',
  device_id,
  app_id: 'com.demo.app',
  custom_id: '',
  version_build: '1.0.0',
  version_code: '1',
  version_os: '13',
  version_name: '1.0.0',
  plugin_version: '7.0.0',
  is_emulator: false,
  is_prod: true,
} as const;

/** Q with some fields replaced; `undefined` leaves a field out. */
export const ask = (change: Record<string, unknown> = {}): Record<string, unknown> => ({ ...Q, ...change });

/** The event that most rows report: `set`. */
export const event = (change: Record<string, unknown> = {}): Record<string, unknown> =>
  ask({ action: 'set', ...change });

/** The same rows for several requests: `id` gets a letter from the second on. */
export function each<T>(id: string, variants: readonly T[], row: (variant: T) => Omit<Row, 'id'>): Row[] {
  return variants.map((variant, index) => ({ id: index === 0 ? id : `${id}.${index + 1}`, ...row(variant) }));
}
