// `overair devices explain`: why one phone does or does not get an update, now, at a moment of the past, or if it were otherwise.

import type { Explanation } from '@overair/protocol/manage/device-log';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

interface ExplainOptions extends GlobalOptions {
  at?: string;
  fact?: readonly string[];
}

export async function explainDevice(context: Context, options: ExplainOptions, device_id: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const at = options.at === undefined ? {} : { at: momentOf(options.at) };
  const facts = options.fact === undefined ? {} : { facts: JSON.stringify(factsOf(options.fact)) };
  const { client } = await openRemote(context, options);
  const story = await client.devices.explain({ app_id, device_id, ...at, ...facts });
  tell(context.ui, story);
  return story;
}

const AGO = /^(\d{1,5})([mhd])$/;
const MINUTES = { m: 1, h: 60, d: 1440 };

/** `2h`: so long ago. Anything else must be a time. */
function momentOf(text: string): string {
  const [, count, unit] = AGO.exec(text) ?? [];
  const minutes = MINUTES[unit as keyof typeof MINUTES] ?? Number.NaN;
  const time = count === undefined ? Date.parse(text) : Date.now() - Number(count) * minutes * 60_000;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new CliError('invalid_at', `--at takes a time, or how long ago it was, not "${text}".`, {
    hint: 'Write 2026-11-27T09:30:00Z, 30m, 2h or 7d.',
  });
}

function factsOf(facts: readonly string[]): Record<string, string> {
  const pairs = facts.map((fact) => {
    const at = fact.indexOf('=');
    if (at > 0) return [fact.slice(0, at), fact.slice(at + 1)];
    throw new CliError('invalid_fact', `--fact takes name=value, not "${fact}".`, {
      hint: 'For example --fact version_build=2.0.0 --fact is_emulator=true.',
    });
  });
  return Object.fromEntries(pairs);
}

function tell(ui: Context['ui'], story: Explanation): void {
  const mends = new Map(story.would_change.map((each) => [each.check, each.changes]));
  for (const { check, passed, detail } of story.steps) {
    ui.say(`${passed ? style.success('✔') : style.danger('✖')} ${check}${detail ? style.muted(`  ${detail}`) : ''}`);
    if (!passed) tellChanges(ui, mends.get(check));
  }
  const refusesNext = story.would_change.filter(({ check }) => !story.steps.some((step) => step.check === check));
  for (const { check, code, changes } of refusesNext) {
    ui.say(`${style.danger('✖')} ${check}${style.muted(`  ${code}, would refuse next`)}`);
    tellChanges(ui, changes);
  }
  const runs = story.running_version
    ? `It ${story.at ? 'ran' : 'runs'} ${style.version(story.running_version)}`
    : 'It has not said yet what it runs';
  ui.say(`${runs}${story.offered_version ? `, and was offered ${style.version(story.offered_version)} last` : ''}.`);
  if (story.at && story.assumed.length > 0) {
    ui.say(style.muted(`Not on record for ${story.at}, and taken as they are today: ${story.assumed.join(', ')}.`));
  }
  if (story.rollout) ui.say(rolloutText(story.rollout));
  const offered = story.version ? ` ${style.version(story.version)}` : '';
  const on = story.channel ? ` on ${style.id(story.channel)}` : '';
  ui.say(`${style.heading(story.outcome)}${offered}${on}: ${story.message}`);
}

function tellChanges(ui: Context['ui'], changes: Explanation['would_change'][number]['changes'] = []): void {
  for (const { message } of changes) ui.say(style.muted(`    passes if: ${message}`));
}

function rolloutText({
  bundle,
  percentage_bps,
  enters_at_bps,
  is_inside,
}: NonNullable<Explanation['rollout']>): string {
  const share = `${percentage_bps / 100} % of the devices get ${style.version(bundle)}`;
  const enters = `it is one of them from ${enters_at_bps / 100} % on`;
  return `${share}; this one ${is_inside ? 'does' : 'does not'}: ${enters}.`;
}
