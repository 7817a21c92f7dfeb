// `overair release …` and `overair rollback`: what channels served, and the way back.

import type { ReleasePlan } from '@overair/protocol/manage/plan';
import type { Release, ReleaseAnswer, ReleaseGuard } from '@overair/protocol/manage/release';
import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { listAll, openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { type OverrideOptions, overrideOf } from './override-freeze.ts';
import { placeText } from './release-withheld.ts';

export interface ListReleasesOptions extends GlobalOptions {
  channel?: string;
}

export async function listReleases(context: Context, options: ListReleasesOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const { channel } = options;
  const releases = await listAll((page) => client.releases.list({ app_id, page, ...(channel ? { channel } : {}) }));
  context.ui.table(
    [
      { title: 'Id', cell: (row) => style.id(row.id), align: 'right' },
      { title: 'Channel', cell: (row) => row.channel },
      { title: 'Bundle', cell: (row) => style.version(row.bundle) },
      { title: 'Before', cell: (row) => row.previous },
      { title: 'State', cell: stateOf },
      { title: 'Since', cell: (row) => row.started_at.slice(0, 16).replace('T', ' ') },
      { title: 'By', cell: whoOf },
    ],
    releases,
    'Nothing was released yet.',
  );
  return releases;
}

export async function showRelease(context: Context, options: GlobalOptions, id: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const release = await client.releases.get(app_id, releaseIdOf(id));
  describeRelease(context, release);
  return release;
}

export const stopRelease = (context: Context, options: GlobalOptions, id: string, appId?: string) =>
  answerGuard(
    context,
    options,
    id,
    appId,
    'stop',
    (bundle, channel) => `Offer ${bundle} to no further device of ${channel}? Who runs it keeps it.`,
  );

export const keepRelease = (context: Context, options: OverrideOptions, id: string, appId?: string) =>
  answerGuard(
    context,
    options,
    id,
    appId,
    'keep',
    (bundle, channel) => `Offer ${bundle} to devices of ${channel} again?`,
  );

export const takeReleaseBack = (context: Context, options: GlobalOptions, id: string, appId?: string) =>
  answerGuard(
    context,
    options,
    id,
    appId,
    'take_back',
    (bundle, channel) => `Take ${bundle} back from all devices of ${channel} that run it?`,
  );

async function answerGuard(
  context: Context,
  options: OverrideOptions,
  id: string,
  appIdGiven: string | undefined,
  answer: ReleaseAnswer,
  question: (bundle: string, channel: string) => string,
) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const { bundle, channel } = await client.releases.get(app_id, releaseIdOf(id));
  if (!(await context.ui.confirm({ message: question(bundle, channel), flag: '--yes' }))) throw cancelled();
  const release = await client.releases.answerGuard({
    ...{ app_id, release_id: releaseIdOf(id), answer },
    ...overrideOf(options),
  });
  describeRelease(context, release);
  return release;
}

export interface SignalOptions extends GlobalOptions {
  above?: string;
  below?: string;
}

/** `overair release signal 12 crash_free 0.98 --below 0.99` */
export async function sendSignal(
  context: Context,
  options: SignalOptions,
  id: string,
  name: string,
  value: string,
  appIdGiven?: string,
) {
  const { above, below } = options;
  if ((above === undefined) === (below === undefined)) {
    throw new CliError('invalid_bound', 'Say where the number is bad: --above or --below a bound, one of the two.');
  }
  const side = above === undefined ? 'below' : 'above';
  const signal = { name, value: numberOf('The value', value), bound: numberOf(`--${side}`, above ?? below ?? '') };
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const release = await client.releases.signal({ app_id, release_id: releaseIdOf(id), ...signal, worse: side });
  describeRelease(context, release);
  return release;
}

function numberOf(what: string, text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new CliError('invalid_number', `${what} must be a number, not "${text}".`);
}

export async function rollBackChannel(context: Context, options: GlobalOptions, channel: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const message = `Return channel ${channel} to the release that was kept last? Its devices follow at their next check.`;
  if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  const answer = await client.releases.rollBack({ app_id, channel });
  context.ui.success(`Channel ${style.id(answer.channel)} serves ${style.version(answer.bundle)}`);
  return answer;
}

export function describeRelease({ ui }: Context, release: Release): void {
  ui.say(
    `Release ${style.id(release.id)}: ${style.version(release.bundle)} on ${style.id(release.channel)}, ${stateOf(release)}`,
  );
  ui.say(`  since ${release.started_at} by ${whoOf(release)}; before: ${release.previous}`);
  if (release.notes) ui.say(`  ${release.notes}`);
  if (release.link) ui.say(`  ${release.link}`);
  if (release.plan) describePlan(ui, release.plan);
  if (release.guard) describeGuard(ui, release.guard);
  for (const { name, value, worse, bound, is_breached } of release.signals) {
    ui.say(`  ${name}: ${value}, bad ${worse} ${bound}${is_breached ? style.warning(' (it is)') : ''}`);
  }
  for (const each of release.withheld) {
    const { id, failed, passed, lifted_at } = each;
    const state = lifted_at === null ? style.warning('withheld') : style.muted('no longer withheld');
    ui.say(`  ${state} on ${placeText(each)}: failed on ${failed} of ${failed + passed} devices (${style.id(id)})`);
  }
}

function describePlan(ui: Context['ui'], { name, steps, message, moves, asked_at }: ReleasePlan): void {
  ui.say(`  plan ${name ?? 'of its own'}: ${steps.map(({ share }) => `${share} %`).join(', ')}`);
  for (const { at, move, share, by, reason } of moves) {
    const why = reason === null ? '' : `: ${reason}`;
    ui.say(
      style.muted(`    ${at.slice(0, 16).replace('T', ' ')}  ${move} at ${share} %, by ${by ?? 'the server'}${why}`),
    );
  }
  if (asked_at === null) ui.say(`  ${message}`);
  else ui.warn(message);
}

function describeGuard(ui: Context['ui'], { opening, starting, e, held_back, reason }: ReleaseGuard): void {
  ui.say(
    `  opened by ${opening.passed}, not by ${opening.failed}; started on ${starting.passed}, not on ${starting.failed}`,
  );
  ui.say(`  evidence against it: ${e.toPrecision(3)}; the guard acts at 1,000`);
  if (held_back > 0) ui.say(`  ${held_back} devices do not count: the server did not know them before`);
  if (reason) ui.warn(reason);
}

function stateOf({ state }: Release): string {
  const text = state.replace('_', ' ');
  if (state === 'running' || state === 'kept') return style.success(text);
  return state === 'stopped' ? style.warning(text) : style.muted(text);
}

const whoOf = ({ actor_user_email, actor_apikey_name, actor_type }: Release): string =>
  actor_apikey_name ?? actor_user_email ?? (actor_type === 'system' ? 'the server' : 'unknown');

export function releaseIdOf(text: string): number {
  const id = Number(text);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new CliError('invalid_release_id', `"${text}" is not the id of a release; overair release list shows them.`);
}
