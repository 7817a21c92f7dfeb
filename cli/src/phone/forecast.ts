// After an upload, and in the doctor: what the phones of this project's apps will be told at their next check, in words.

import { setTimeout as sleep } from 'node:timers/promises';
import { coerceVersion, type NativeApp } from './native-versions.ts';
import { askForUpdate, isRefusal, makeQuestion, type UpdateAnswer } from './question.ts';
import { REFUSAL_HINTS } from './refusal-hints.ts';
import { nameOf } from './version-check.ts';

export interface Forecast {
  platform: NativeApp['platform'];
  /** As the phone sends it; null when the project does not tell. */
  native_version: string | null;
  /** `withheld`: kept from the bundle; `nothing`: it has what is on offer; `unknown`: the project does not tell its version. */
  outcome: 'download' | 'nothing' | 'withheld' | 'unknown';
  /** The bundle that it will run. */
  version: string | null;
  /** Code of the refusal. */
  reason: string | null;
  /** One sentence for people. */
  message: string;
  hint: string | null;
}

interface Subject {
  /** Address of the server. */
  server: string;
  app_id: string;
  cwd: string;
  /** What was just released, for the words; a server of many processes may need a second until all of them know. */
  expected?: string;
}

const KNOWN_WITHIN_MS = 3000;
const PAUSE_MS = 250;

/** One for each app. Throws only when nothing that looks like an update server answers. */
export async function forecast(subject: Subject, apps: readonly NativeApp[]): Promise<Forecast[]> {
  return Promise.all(apps.map((app) => forecastOne(subject, app)));
}

async function forecastOne(subject: Subject, app: NativeApp): Promise<Forecast> {
  const { platform, version: nativeVersion, source } = app;
  if (nativeVersion === undefined) {
    const message = `${source} computes the version of the ${nameOf(app)} app, so what its phones get cannot be told.`;
    const hint = `Ask for one: overair probe --platform ${platform} --native-version 1.0.0`;
    return { platform, native_version: null, outcome: 'unknown', version: null, reason: null, message, hint };
  }
  const question = await makeQuestion(subject.cwd, { app_id: subject.app_id, platform, nativeVersion });
  const answer = await askUntilKnown(`${subject.server}/updates`, question, subject.expected);
  return { platform, native_version: nativeVersion, ...inWords(subject, app, answer) };
}

async function askUntilKnown(url: string, question: object, expected: string | undefined): Promise<UpdateAnswer> {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    const answer = await askForUpdate(url, question);
    if (expected === undefined || answer.version === expected || waitedMs >= KNOWN_WITHIN_MS) return answer;
    await sleep(PAUSE_MS);
  }
}

type Words = Pick<Forecast, 'outcome' | 'version' | 'reason' | 'message' | 'hint'>;

function inWords({ expected }: Subject, app: NativeApp, answer: UpdateAnswer): Words {
  const phone = `A phone with ${app.version} of the store (${nameOf(app)})`;
  const version = answer.version ?? null;
  if (isRefusal(answer)) {
    const reason = answer.error ?? 'refused';
    const message = `${phone} will NOT get ${expected ?? version ?? 'an update'}: ${answer.message || reason}.`;
    return { outcome: 'withheld', version: null, reason, message, hint: REFUSAL_HINTS[reason] ?? null };
  }
  if (!answer.error && version) {
    const files = answer.manifest ? `, file by file (${answer.manifest.length})` : '';
    if (expected === undefined || version === expected) {
      return {
        outcome: 'download',
        version,
        reason: null,
        message: `${phone} will download ${version}${files}.`,
        hint: null,
      };
    }
    const message = `${phone} will download ${version}, not ${expected}: it follows another channel or a rollout.`;
    const hint = 'overair channel list shows what each channel serves, and which one is the default.';
    return { outcome: 'download', version, reason: null, message, hint };
  }
  const same = coerceVersion(app.version ?? '') === expected;
  const why = same ? ': it is the version of the app itself' : ': its channel offers nothing newer';
  const message = `${phone} will ${expected ? `NOT get ${expected}` : 'stay as it is'}${expected || same ? why : ''}.`;
  const hint = expected
    ? 'overair channel list shows what each channel serves; --bump takes a version above the app.'
    : null;
  return { outcome: 'nothing', version: null, reason: answer.error ?? null, message, hint };
}
