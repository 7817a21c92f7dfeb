// What was heard of devices, in the order in which it was: brought into the form in which one statement applies it.

import { KNOWN_APPS } from '../accounts/apps.ts';
import type { StatsEvent } from './event.ts';
import {
  compose,
  countedWord,
  type Moves,
  nothingMoves,
  otherStep,
  ownStep,
  type Signal,
  STEPS,
  WORD,
} from './outcome-words.ts';

/** One thing that was heard of a device about a bundle. */
export interface Heard {
  app_id: string;
  device_id: string;
  /** `''`: no bundle of the app, such as the one of the store. */
  bundle_name: string;
  signal: Signal;
  /** Of a refusal. */
  code?: string;
  channel: string;
  platform: string;
  version_build: string;
  is_test: boolean;
  /** The event that says it, recorded with it: an event that was stored before says nothing again. Absent: a check says it. */
  event?: StatsEvent;
}

interface Word extends Omit<Heard, 'signal' | 'code' | 'event'> {
  moves: Moves;
  /** Bits of the words that were reached on the way. */
  reaches: number;
  code: string | null;
  /** As `moves`, one by one, for a device some of whose events turn out to be known: numbers of `STEPS`. */
  steps: number[];
}

interface Device {
  app_id: string;
  device_id: string;
  /** What becomes of bundles that were not named. */
  others: Moves;
  steps: number[];
  /** The number of the event that each step is heard in. */
  events: (number | null)[];
}

/**
 * One row for each device, and one for each device and bundle that was named. `numberOf` tells events apart in the statement that
 * stores them.
 */
export function heardRows(
  heard: readonly Heard[],
  numberOf: (event: StatsEvent) => number | undefined,
): { devices: Device[]; words: Word[] } {
  const devices = new Map<string, { device: Device; words: Map<string, Word> }>();
  for (const each of heard) {
    const key = `${each.app_id}\n${each.device_id}`;
    let known = devices.get(key);
    if (known === undefined) {
      const { app_id, device_id } = each;
      known = { device: { app_id, device_id, others: nothingMoves, steps: [], events: [] }, words: new Map() };
      devices.set(key, known);
    }
    hear(known.device, known.words, each);
    known.device.events.push((each.event && numberOf(each.event)) ?? null);
  }
  const all = [...devices.values()];
  return { devices: all.map(({ device }) => device), words: all.flatMap(({ words }) => [...words.values()]) };
}

function hear(device: Device, words: Map<string, Word>, { signal, code, event: _, ...facts }: Heard): void {
  const { bundle_name } = facts;
  // A device that runs the store's bundle runs none of ours, and that is all that it says.
  const isNamed = bundle_name !== '' || signal === 'refused';
  const before = words.get(bundle_name);
  const other = otherStep(signal);
  if (isNamed && before === undefined) {
    const { others: moves, steps } = device;
    words.set(bundle_name, { ...facts, moves, steps: [...steps], reaches: 0, code: null });
  }
  for (const word of words.values()) {
    const isOwn = isNamed && word.bundle_name === bundle_name;
    take(word, isOwn ? ownStep(signal) : other);
    if (isOwn) Object.assign(word, facts, { code: code ?? word.code });
  }
  device.others = compose(device.others, STEPS[other]!.moves);
  device.steps.push(other);
}

function take(word: Word, step: number): void {
  const { moves, bit } = STEPS[step]!;
  word.moves = compose(word.moves, moves);
  word.reaches |= bit;
  word.steps.push(step);
}

const { refused } = WORD;

const WORDS = Object.keys(WORD).length;
const stepTable = `'{${STEPS.flatMap(({ moves }) => moves).join(',')}}'::smallint[]`;
const bitTable = `'{${STEPS.map(({ bit }) => bit).join(',')}}'::smallint[]`;

/** SQL: moves by `steps` without those that are heard in events that were `repeated`. */
const movesBy = ({ steps, events, repeated }: { steps: string; events: string; repeated: string }) => `(
  with recursive walk(at, first, word) as (
    select 1, n, n::smallint from generate_series(0, ${WORDS - 1}) n
    union all
    select at + 1, first, case when (${events})[at] = any(${repeated}) then word
      else (${stepTable})[(${steps})[at] * ${WORDS} + word + 1] end
    from walk where at <= cardinality(${steps})
  )
  select array_agg(word order by first) from walk where at = cardinality(${steps}) + 1)`;

/** A device names its build freely, and each is a row for ever: another one is taken once a day. */
const takesBuild = (at: string): string => `(coalesce(w.version_build, '') not in ('', o.version_build)
      and o.at < date_trunc('day', ${at}::timestamptz, 'UTC'))`;

/**
 * CTEs for a statement that has `heard` and `words` (`heardRows`), the parameters named here, and a CTE `repeated`: by device the
 * numbers of events that were stored before. They count every move.
 */
export const outcomeCtes = (parameters: { words: string; devices: string; slot: string; at: string }): string => `
heard as (
  select h.device_id, h.app_id, h.events, r.events as repeated, case when r.events is null then h.others
    else ${movesBy({ steps: 'h.steps', events: 'h.events', repeated: 'r.events' })} end as others
  from json_to_recordset(${parameters.devices}::json) as h(app_id text, device_id text, others smallint[], steps smallint[], events int[])
  left join repeated r on r.device_id = h.device_id and r.app_id = h.app_id
),
heard_words as (
  select * from json_to_recordset(${parameters.words}::json) as w(app_id text, device_id text, bundle_name text, moves smallint[],
    steps smallint[], reaches smallint, code text, channel text, platform text, version_build text, is_test boolean)
),
-- A bundle of which only repeated events speak is one that was not named.
words as (
  select w.* from heard_words w join heard h on h.device_id = w.device_id and h.app_id = w.app_id and h.repeated is null
  union all
  select w.app_id, w.device_id, w.bundle_name, ${movesBy({ steps: 'w.steps', events: 'h.events', repeated: 'h.repeated' })}, w.steps,
    kept.reaches, w.code, w.channel, w.platform, w.version_build, w.is_test
  from heard_words w join heard h on h.device_id = w.device_id and h.app_id = w.app_id and h.repeated is not null
  cross join lateral (
    select bit_or((${bitTable})[step + 1]) as reaches from unnest(w.steps, h.events) as taken(step, event)
    where (event = any(h.repeated)) is not true) kept
  where kept.reaches <> 0
),
-- Rows that stay as they are are not locked. In one order, so that two processes do not wait for each other.
moved as (
  select o.*, next_word, next.* from heard h
  join device_outcomes o on o.app_id = h.app_id and o.device_id = h.device_id
  left join words w on w.device_id = o.device_id and w.app_id = o.app_id and w.bundle_name = o.bundle_name
  cross join lateral (select (coalesce(w.moves, h.others))[o.word + 1] as next_word) becomes
  cross join lateral (select
    case when next_word = ${refused} then coalesce(w.code, o.code) else '' end as next_code,
    (o.reached | coalesce(w.reaches, 0) | (1 << next_word))::smallint as next_reached,
    coalesce(nullif(w.channel, ''), o.channel) as next_channel,
    coalesce(nullif(w.platform, ''), o.platform) as next_platform,
    case when ${takesBuild(parameters.at)} then w.version_build else o.version_build end as next_build,
    coalesce(w.is_test, o.is_test) as next_is_test) next
  where (o.word, o.code, o.reached, o.channel, o.platform, o.version_build, o.is_test)
    <> (next_word, next_code, next_reached, next_channel, next_platform, next_build, next_is_test)
  order by o.app_id, o.device_id, o.bundle_name
  for update of o
),
rewritten as (
  update device_outcomes o set word = next_word, code = next_code, reached = next_reached, channel = next_channel,
    platform = next_platform, version_build = next_build, is_test = next_is_test,
    at = case when (m.word, m.code, m.version_build) = (next_word, next_code, next_build) then o.at else ${parameters.at}::timestamptz end
  from moved m where o.app_id = m.app_id and o.device_id = m.device_id and o.bundle_name = m.bundle_name
),
added as (
  insert into device_outcomes (device_id, app_id, bundle_name, word, code, reached, channel, platform, version_build, is_test, at)
  select device_id, app_id, bundle_name, moves[1], case when moves[1] = ${refused} then coalesce(code, '') else '' end,
    reaches | (1 << moves[1]), channel, platform, version_build, is_test, ${parameters.at}::timestamptz
  from words w
  where moves[1] <> 0 and app_id in ${KNOWN_APPS} and not exists (
    select from device_outcomes o where o.app_id = w.app_id and o.device_id = w.device_id and o.bundle_name = w.bundle_name)
  order by app_id, device_id, bundle_name
  on conflict do nothing
  returning *
),
moves as (
  select app_id, bundle_name, channel, platform, version_build, is_test, ${countedWord('word')} as word, code, 1 as entered, 0 as gone, 0 as first
    from added
  union all
  select app_id, bundle_name, next_channel, next_platform, next_build, next_is_test, ${countedWord('next_word')}, next_code, 1, 0, 0
    from moved where ${isAnotherPlace}
  union all
  select app_id, bundle_name, channel, platform, version_build, is_test, ${countedWord('word')}, code, 0, 1, 0
    from moved where ${isAnotherPlace}
  union all
  select app_id, bundle_name, channel, platform, version_build, is_test, bit, '', 0, 0, 1
    from added, generate_series(1, ${WORD.replaced}) bit where reached & (1 << bit) <> 0
  union all
  select app_id, bundle_name, next_channel, next_platform, next_build, next_is_test, bit, '', 0, 0, 1
    from moved, generate_series(1, ${WORD.replaced}) bit where next_reached & ~reached & (1 << bit) <> 0
),
outcomes_counted as (${countMoves(parameters)})`;

const isAnotherPlace = `(${countedWord('word')}, code, channel, platform, version_build, is_test)
  <> (${countedWord('next_word')}, next_code, next_channel, next_platform, next_build, next_is_test)`;

/**
 * Adds the rows of a CTE called `moves` to the counts of their minute, hour and day. They are summed before they become three each: of
 * thousands of moves there are a few kinds.
 */
export function countMoves({ slot, at }: { slot: string; at: string }): string {
  return `
  with kinds as materialized (
    select app_id, bundle_name, channel, platform, version_build, is_test, word, code, sum(entered) as entered, sum(gone) as gone,
      sum(first) as first
    from moves group by app_id, bundle_name, channel, platform, version_build, is_test, word, code
  )
  insert into outcome_counts (app_id, grain, at, bundle_name, channel, platform, version_build, is_test, word, code, slot,
    entered, gone, first)
  select app_id, grain, date_trunc(grain, ${at}::timestamptz, 'UTC'), bundle_name, channel, platform, version_build, is_test, word,
    code, ${slot}::smallint, entered, gone, first
  from kinds, (values ('minute'), ('hour'), ('day')) as grains (grain)
  order by app_id, grain, bundle_name, word, channel, platform, version_build, is_test, code
  on conflict (app_id, grain, at, bundle_name, word, channel, platform, version_build, is_test, code, slot) do update set
    entered = outcome_counts.entered + excluded.entered,
    gone = outcome_counts.gone + excluded.gone,
    first = outcome_counts.first + excluded.first`;
}
