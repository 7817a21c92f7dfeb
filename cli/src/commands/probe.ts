// `overair probe`: asks the app's update URL what a phone would ask, and explains the answer.

import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { findNativeApps } from '../phone/native-versions.ts';
import { askForUpdate, isRefusal, makeQuestion } from '../phone/question.ts';
import { REFUSAL_HINTS } from '../phone/refusal-hints.ts';
import { getAppId } from '../project/app.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { findServer } from '../remote/connection.ts';
import { style } from '../terminal/style.ts';

export interface ProbeOptions extends GlobalOptions {
  platform: 'ios' | 'android' | 'electron';
  /** Version of the installed app; that of the project unless told. */
  nativeVersion?: string;
  /** Bundle that the phone runs; the store's unless told. */
  bundle?: string;
  channel?: string;
  deviceId?: string;
}

/** Where neither the project nor the person names the app's version. */
const ASSUMED_NATIVE = '1.0.0';

export async function probe(context: Context, options: ProbeOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const url = await findUpdateUrl(context, options);
  const nativeVersion = options.nativeVersion ?? (await findNativeVersion(context, options)) ?? ASSUMED_NATIVE;
  const question = await makeQuestion(context.cwd, { ...options, app_id, nativeVersion });
  const answer = await askForUpdate(url, question);
  const { ui } = context;
  const runs = options.bundle ?? `the store's ${nativeVersion}`;
  if (isRefusal(answer)) {
    const hint = REFUSAL_HINTS[answer.error!];
    throw new CliError(answer.error!, `A phone gets no update: ${answer.message ?? answer.error}`, {
      detail: { url, question, answer },
      ...(hint ? { hint } : {}),
    });
  }
  if (answer.version && !answer.error) {
    const files = answer.manifest ? `, ${answer.manifest.length} files one by one` : '';
    ui.success(`A phone with ${runs} gets ${style.version(answer.version)}${files}`);
  } else {
    ui.success(`A phone with ${runs} is up to date.`);
  }
  return { url, question, answer };
}

async function findNativeVersion(context: Context, { platform }: ProbeOptions): Promise<string | undefined> {
  return (await findNativeApps(context.cwd)).find((app) => app.platform === platform)?.version;
}

async function findUpdateUrl(context: Context, options: ProbeOptions): Promise<string> {
  const configured = (await findCapacitorConfig(context.cwd))?.updater.updateUrl;
  if (!options.server && typeof configured === 'string' && URL.canParse(configured)) return configured;
  const server = await findServer(context, options);
  if (server) return `${server}/updates`;
  throw new CliError('missing_server', 'The config has no updateUrl, and no server is known.', {
    hint: 'Run overair init.',
  });
}
