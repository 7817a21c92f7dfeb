// Whom a caller wants to reach: the `to` of a request, and segments, which are stored ones.

import { Fields, isObject } from '../fields.ts';
import { refuse } from '../refusals.ts';

/** What the live-update registry knows of a phone; several facts must all hold. */
export interface LiveUpdateFacts {
  /** Offered last; where none was, running. */
  readonly bundle: readonly string[] | undefined;
  readonly bundle_not: readonly string[] | undefined;
  readonly running: readonly string[] | undefined;
  readonly running_not: readonly string[] | undefined;
  readonly channel: readonly string[] | undefined;
  readonly native_version: readonly string[] | undefined;
  readonly seen_within_days: number | undefined;
  readonly not_seen_within_days: number | undefined;
  /** Its place in a rollout. The server's own: nobody asks for it. */
  readonly places: RolloutPlaces | undefined;
}

/** From `from_bps` up to `to_bps`, in basis points, of the rollout with this id. */
export interface RolloutPlaces {
  readonly rollout_id: string;
  readonly from_bps: number;
  readonly to_bps: number;
}

/** All selectors must hold together. */
export interface Audience {
  readonly all: boolean;
  readonly tag: readonly string[] | undefined;
  readonly tag_and: readonly string[] | undefined;
  readonly tag_not: readonly string[] | undefined;
  readonly alias: readonly string[] | undefined;
  readonly registration_id: readonly string[] | undefined;
  readonly live_activity_id: string | undefined;
  readonly segment_id: string | undefined;
  readonly live_update: LiveUpdateFacts | undefined;
}

const KEYS = new Set([
  'tag',
  'tag_and',
  'tag_not',
  'alias',
  'registration_id',
  'live_activity_id',
  'seg',
  'live_update',
]);
const FACTS = new Set([
  'bundle',
  'bundle_not',
  'running',
  'running_not',
  'channel',
  'native_version',
  'seen_within_days',
  'not_seen_within_days',
]);

const MAX_TAGS = 20;
const MAX_IDS = 1000;
const NAME_BYTES = 40;

export const NO_SELECTOR: Audience = {
  all: false,
  tag: undefined,
  tag_and: undefined,
  tag_not: undefined,
  alias: undefined,
  registration_id: undefined,
  live_activity_id: undefined,
  segment_id: undefined,
  live_update: undefined,
};

const EVERYBODY: Audience = { ...NO_SELECTOR, all: true };

export const NO_FACTS: LiveUpdateFacts = {
  bundle: undefined,
  bundle_not: undefined,
  running: undefined,
  running_not: undefined,
  channel: undefined,
  native_version: undefined,
  seen_within_days: undefined,
  not_seen_within_days: undefined,
  places: undefined,
};

/** An unknown key is an error here, and only here: a typo must never widen an audience. */
export function parseAudience(value: unknown, path = 'to'): Audience {
  if (value === undefined || value === null) throw refuse('field_missing', path);
  if (value === 'all') return EVERYBODY;
  if (!isObject(value))
    throw refuse(typeof value === 'string' ? 'field_invalid' : 'field_type', `${path} is not "all" or an object`);
  const to = new Fields(value, path);
  const unknown = Object.keys(value).find((key) => !KEYS.has(key));
  if (unknown !== undefined) throw refuse('field_unknown', to.at(unknown.slice(0, 40)));
  const segment = to.nested('seg');
  const audience: Audience = {
    all: false,
    tag: to.list('tag', MAX_TAGS, NAME_BYTES),
    tag_and: to.list('tag_and', MAX_TAGS, NAME_BYTES),
    tag_not: to.list('tag_not', MAX_TAGS, NAME_BYTES),
    alias: to.list('alias', MAX_IDS, NAME_BYTES),
    registration_id: to.list('registration_id', MAX_IDS, NAME_BYTES),
    live_activity_id: to.text('live_activity_id', 255) || undefined,
    segment_id: segment?.text('id', NAME_BYTES) || undefined,
    live_update: parseFacts(to),
  };
  const chosen = Object.values(audience).filter((selector) => selector !== undefined && selector !== false);
  if (chosen.length === 0) throw refuse('field_missing', `${path} names nobody`);
  return audience;
}

function parseFacts(to: Fields): LiveUpdateFacts | undefined {
  const facts = to.nested('live_update');
  if (!facts) return undefined;
  const unknown = Object.keys(facts.source).find((key) => !FACTS.has(key));
  if (unknown !== undefined) throw refuse('field_unknown', facts.at(unknown.slice(0, 40)));
  const parsed = {
    bundle: facts.list('bundle', 100, 255),
    bundle_not: facts.list('bundle_not', 100, 255),
    running: facts.list('running', 100, 255),
    running_not: facts.list('running_not', 100, 255),
    channel: facts.list('channel', 100, 255),
    native_version: facts.list('native_version', 100, 255),
    seen_within_days: facts.integer('seen_within_days', 1, 3650),
    not_seen_within_days: facts.integer('not_seen_within_days', 1, 3650),
    places: undefined,
  };
  return Object.values(parsed).some((fact) => fact !== undefined) ? parsed : undefined;
}

/** True when the audience is a list of ids: then an unknown id is worth telling. */
export function isOnlyRegistrationIds(audience: Audience): boolean {
  const { registration_id, ...others } = audience;
  return (
    registration_id !== undefined && Object.values(others).every((other) => other === undefined || other === false)
  );
}
