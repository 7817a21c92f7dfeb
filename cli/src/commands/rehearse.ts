// `overair rehearse` and `overair commit`: who would move if a channel were changed, and the change as it was reviewed.

import { createHash } from 'node:crypto';
import { channelSettings } from '@overair/protocol/manage/channel-settings';
import type { Prepare, Prepared, Rehearsal, RehearsedChange, RehearsedMove } from '@overair/protocol/manage/rehearsal';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { parsePercent } from '../percent.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import type { SettingFlags } from '../settings/flags.ts';
import { givenSettings } from '../settings/values.ts';
import { formatBytes, style } from '../terminal/style.ts';

export interface RehearseOptions extends GlobalOptions, SettingFlags<typeof channelSettings> {
  bundle?: string;
  /** Percent: the bundle is rolled out to so many devices, or the rollout under way is. */
  percent?: string;
  pause?: boolean;
  resume?: boolean;
  finish?: boolean;
  rollback?: boolean;
  delete?: boolean;
  /** `24h`, `7d`. */
  replay?: string;
  /** Keeps the change for its commit. */
  prepare?: boolean;
}

export async function rehearse(context: Context, options: RehearseOptions, channel: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { call, change } = changeOf(options);
  const replay = options.replay === undefined ? {} : { replay_hours: hoursOf(options.replay) };
  const { client } = await openRemote(context, options);
  if (call === 'POST /channel' && !options.prepare) {
    const rehearsal = await client.rehearsals.rehearse({ app_id, channel, change, ...replay });
    describeRehearsal(context, rehearsal);
    return rehearsal;
  }
  const prepared = await client.rehearsals.prepare({ call, input: { app_id, channel, ...change }, ...replay });
  describeRehearsal(context, prepared.rehearsal);
  if (!options.prepare) return prepared.rehearsal;
  sayHowToCommit(context, prepared);
  return prepared;
}

const DEEDS = ['rollback', 'delete', 'pause', 'resume', 'finish'] as const;

function changeOf(options: RehearseOptions): { call: Prepare['call']; change: RehearsedChange } {
  const change: RehearsedChange = { ...givenSettings(channelSettings, options), ...bundleOf(options) };
  const deeds = DEEDS.filter((deed) => options[deed]);
  const isAlone = Object.keys(change).length === 0;
  if (deeds.length > 1 || (deeds.length === 1 && !isAlone)) {
    throw new CliError('conflicting_flags', `--${deeds[0]} is a change of its own: rehearse the other one apart.`);
  }
  switch (deeds[0]) {
    case 'rollback':
      return { call: 'POST /rollback', change: {} };
    case 'delete':
      return { call: 'DELETE /channel', change: {} };
    case 'pause':
      return { call: 'POST /channel', change: { rolloutPaused: true } };
    case 'resume':
      return { call: 'POST /channel', change: { rolloutPaused: false } };
    case 'finish':
      return { call: 'POST /channel', change: { promoteToStable: true } };
    default:
      if (!isAlone) return { call: 'POST /channel', change };
      throw new CliError('nothing_to_rehearse', 'Say what is to change, for example --bundle 1.2.0, or --rollback.');
  }
}

function bundleOf({ bundle, percent }: RehearseOptions): RehearsedChange {
  if (percent === undefined) return bundle === undefined ? {} : { version: bundle };
  const rolloutPercentageBps = Math.round(parsePercent(percent) * 100);
  return bundle === undefined
    ? { rolloutPercentageBps }
    : { rolloutVersion: bundle, rolloutPercentageBps, rolloutEnabled: true, rolloutPaused: false };
}

const HOURS = { h: 1, d: 24 } as const;
const MAX_REPLAY_HOURS = 168;

function hoursOf(text: string): number {
  const [, count, unit] = /^(\d+)([hd])$/.exec(text) ?? [];
  const hours = Number(count) * HOURS[unit as keyof typeof HOURS];
  if (hours >= 1 && hours <= MAX_REPLAY_HOURS) return hours;
  throw new CliError('invalid_replay', `--replay takes a time such as 24h or 7d, at most 7d, not "${text}".`);
}

export function describeRehearsal({ ui }: Context, rehearsal: Rehearsal): void {
  const { channels, devices, moves, pending, held_back, left_behind, bytes } = rehearsal;
  for (const { channel, before, after } of channels) {
    ui.say(`Channel ${style.id(channel)} would serve ${servingText(after)}; now ${servingText(before)}`);
  }
  if (channels.length === 0) ui.say('Nothing would change.');
  const dormant = devices.dormant > 0 ? `, ${numberText(devices.dormant)} of them not heard of for 30 days` : '';
  ui.say(`${style.heading(numberText(devices.moving))} of ${numberText(devices.known)} devices would move${dormant}.`);
  moveTable(ui, moves);
  if (bytes.zip > 0 || bytes.delta > 0) {
    ui.say(`  They download ${formatBytes(bytes.delta)} by delta, ${formatBytes(bytes.zip)} by zip at most.`);
  }
  if (bytes.unknown_devices > 0) {
    ui.say(`  What ${numberText(bytes.unknown_devices)} of them download is not known: their bundle lies elsewhere.`);
  }
  if (pending.length > 0) ui.say(`${numberText(devices.pending)} move anyway:`);
  moveTable(ui, pending);
  if (held_back.length > 0) ui.say(`${numberText(devices.held_back)} would no longer move:`);
  moveTable(ui, held_back);
  for (const [code, count] of Object.entries(rehearsal.refused)) {
    ui.say(`${numberText(count)} are refused: ${style.warning(code)}`);
  }
  for (const { platform, native_version, devices: count } of left_behind) {
    ui.say(`  left behind: ${platform} ${native_version}, ${numberText(count)} devices`);
  }
  if (devices.undecided > 0) ui.say(`Of ${numberText(devices.undecided)} devices too little is known.`);
  if (rehearsal.replay) describeReplay(ui, rehearsal.replay);
}

function moveTable(ui: Context['ui'], moves: readonly RehearsedMove[]): void {
  if (moves.length === 0) return;
  ui.table(
    [
      { title: 'From', cell: (row) => style.version(row.from) },
      { title: 'To', cell: (row) => style.version(row.to) },
      { title: 'Devices', cell: (row) => numberText(row.devices), align: 'right' },
      { title: 'For example', cell: (row) => row.examples[0] ?? '' },
    ],
    [...moves],
    '',
  );
}

function describeReplay(ui: Context['ui'], { from, to, checked, hours }: NonNullable<Rehearsal['replay']>): void {
  ui.say(`Between ${from.slice(0, 16)} and ${to.slice(0, 16)} ${numberText(checked)} devices asked.`);
  ui.table(
    [
      { title: 'Hour (UTC)', cell: (row) => row.at.slice(0, 16).replace('T', ' ') },
      { title: 'From', cell: (row) => style.version(row.from) },
      { title: 'To', cell: (row) => style.version(row.to) },
      { title: 'Devices', cell: (row) => numberText(row.devices), align: 'right' },
    ],
    hours.flatMap(({ at, moves }) => moves.map((move) => ({ at, ...move }))),
    'None of them would have moved.',
  );
}

const numberText = (value: number) => value.toLocaleString('en-US');

function servingText(serving: Rehearsal['channels'][number]['after']): string {
  if (serving === null) return 'nothing: it is not there';
  const { bundle, rollout, rollout_percentage_bps, rollout_paused } = serving;
  if (rollout === null) return style.version(bundle);
  return `${style.version(bundle)}, ${style.version(rollout)} for ${rollout_percentage_bps / 100} %${rollout_paused ? ' (paused)' : ''}`;
}

/** What the command line says when the change makes a channel. */
const NOTHING_YET = 'none';

function sayHowToCommit({ ui }: Context, { token, expected_updated_at, expires_at }: Prepared): void {
  ui.success(`It is kept until ${expires_at.slice(0, 16).replace('T', ' ')} UTC. To make it:`);
  ui.say(`  overair commit ${token} --expected ${expected_updated_at ?? NOTHING_YET}`);
}

export interface CommitOptions extends GlobalOptions {
  expected: string;
  idempotencyKey?: string;
}

/** Run twice, it makes the change once: the key follows from the token unless one is given. */
export async function commit(context: Context, options: CommitOptions, token: string) {
  const { client } = await openRemote(context, options);
  const expected_updated_at = options.expected === NOTHING_YET ? null : options.expected;
  const key = options.idempotencyKey ?? createHash('sha256').update(token).digest('hex');
  const committed = await client.rehearsals.commit({ token, expected_updated_at }, key);
  context.ui.success(`${committed.call} is done, as it was reviewed.`);
  return committed;
}
