// What was heard of devices, in the order in which it was: brought into the form in which one statement applies it.

import { KNOWN_APPS } from '../accounts/apps.ts';
import {
  bitOf,
  compose,
  countedWord,
  type Moves,
  nothingMoves,
  otherMoves,
  ownMoves,
  type Signal,
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
}

interface Word extends Omit<Heard, 'signal' | 'code'> {
  moves: Moves;
  /** Bits of the words that were reached on the way. */
  reaches: number;
  code: string | null;
}

interface Device {
  app_id: string;
  device_id: string;
  /** What becomes of bundles that were not named. */
  others: Moves;
}

/** One row for each device, and one for each device and bundle that was named. */
export function heardRows(heard: readonly Heard[]): { devices: Device[]; words: Word[] } {
  const devices = new Map<string, { device: Device; words: Map<string, Word> }>();
  for (const each of heard) {
    const key = `${each.app_id}\n${each.device_id}`;
    let known = devices.get(key);
    if (known === undefined) {
      const { app_id, device_id } = each;
      known = { device: { app_id, device_id, others: nothingMoves }, words: new Map() };
      devices.set(key, known);
    }
    hear(known.device, known.words, each);
  }
  const all = [...devices.values()];
  return { devices: all.map(({ device }) => device), words: all.flatMap(({ words }) => [...words.values()]) };
}

function hear(device: Device, words: Map<string, Word>, { signal, code, ...facts }: Heard): void {
  const { bundle_name } = facts;
  // A device that runs the store's bundle runs none of ours, and that is all that it says.
  const isNamed = bundle_name !== '' || signal === 'refused';
  const before = words.get(bundle_name) ?? { ...facts, moves: device.others, reaches: 0, code: null };
  const others = otherMoves(signal);
  for (const word of words.values())
    if (word.bundle_name !== bundle_name || !isNamed) word.moves = compose(word.moves, others);
  device.others = compose(device.others, others);
  if (!isNamed) return;
  words.set(bundle_name, {
    ...before,
    ...facts,
    moves: compose(before.moves, ownMoves(signal)),
    reaches: before.reaches | bitOf(signal),
    code: code ?? before.code,
  });
}

const { refused } = WORD;

/** CTEs for a statement that has `heard` and `words` (`heardRows`), and the parameters named here. They count every move. */
export const outcomeCtes = (parameters: { words: string; devices: string; slot: string; at: string }): string => `
heard as (
  select * from json_to_recordset(${parameters.devices}::json) as h(app_id text, device_id text, others smallint[])
),
words as (
  select * from json_to_recordset(${parameters.words}::json) as w(app_id text, device_id text, bundle_name text, moves smallint[],
    reaches smallint, code text, channel text, platform text, version_build text, is_test boolean)
),
-- Rows that stay as they are are not locked. In one order, so that two processes do not wait for each other.
moved as (
  select o.*, next_word, next.* from heard h
  join device_outcomes o on o.device_id = h.device_id and o.app_id = h.app_id
  left join words w on w.device_id = o.device_id and w.app_id = o.app_id and w.bundle_name = o.bundle_name
  cross join lateral (select (coalesce(w.moves, h.others))[o.word + 1] as next_word) becomes
  cross join lateral (select
    case when next_word = ${refused} then coalesce(w.code, o.code) else '' end as next_code,
    (o.reached | coalesce(w.reaches, 0) | (1 << next_word))::smallint as next_reached,
    coalesce(nullif(w.channel, ''), o.channel) as next_channel,
    coalesce(nullif(w.platform, ''), o.platform) as next_platform,
    coalesce(nullif(w.version_build, ''), o.version_build) as next_build,
    coalesce(w.is_test, o.is_test) as next_is_test) next
  where (o.word, o.code, o.reached, o.channel, o.platform, o.version_build, o.is_test)
    <> (next_word, next_code, next_reached, next_channel, next_platform, next_build, next_is_test)
  order by o.device_id, o.app_id, o.bundle_name
  for update of o
),
rewritten as (
  update device_outcomes o set word = next_word, code = next_code, reached = next_reached, channel = next_channel,
    platform = next_platform, version_build = next_build, is_test = next_is_test,
    at = case when (m.word, m.code) = (next_word, next_code) then o.at else ${parameters.at}::timestamptz end
  from moved m where o.device_id = m.device_id and o.app_id = m.app_id and o.bundle_name = m.bundle_name
),
added as (
  insert into device_outcomes (device_id, app_id, bundle_name, word, code, reached, channel, platform, version_build, is_test, at)
  select device_id, app_id, bundle_name, moves[1], case when moves[1] = ${refused} then coalesce(code, '') else '' end,
    reaches | (1 << moves[1]), channel, platform, version_build, is_test, ${parameters.at}::timestamptz
  from words w
  where moves[1] <> 0 and app_id in ${KNOWN_APPS} and not exists (
    select from device_outcomes o where o.device_id = w.device_id and o.app_id = w.app_id and o.bundle_name = w.bundle_name)
  order by device_id, app_id, bundle_name
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

/** Adds the rows of a CTE called `moves` to the counts of their minute, hour and day. */
export function countMoves({ slot, at }: { slot: string; at: string }): string {
  return `
  insert into outcome_counts (app_id, grain, at, bundle_name, channel, platform, version_build, is_test, word, code, slot,
    entered, gone, first)
  select app_id, grain, date_trunc(grain, ${at}::timestamptz, 'UTC'), bundle_name, channel, platform, version_build, is_test, word,
    code, ${slot}::smallint, sum(entered), sum(gone), sum(first)
  from moves, (values ('minute'), ('hour'), ('day')) as grains (grain)
  group by app_id, grain, bundle_name, channel, platform, version_build, is_test, word, code
  order by app_id, grain, bundle_name, word, channel, platform, version_build, is_test, code
  on conflict (app_id, grain, at, bundle_name, word, channel, platform, version_build, is_test, code, slot) do update set
    entered = outcome_counts.entered + excluded.entered,
    gone = outcome_counts.gone + excluded.gone,
    first = outcome_counts.first + excluded.first`;
}
