// Would the phones of this project's apps get the bundle on offer? Asked of the server in their own words.

import { describeError } from '../cli-error.ts';
import { type Forecast, forecast } from '../phone/forecast.ts';
import { findNativeApps } from '../phone/native-versions.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Refusals that only say that nothing was released yet. */
const NOTHING_YET = new Set(['no_bundle', 'null_channel_data']);

export async function checkArrival(cwd: string, server: string, app_id: string): Promise<Finding[]> {
  const apps = await findNativeApps(cwd);
  try {
    return (await forecast({ server, app_id, cwd }, apps)).map(findingOf);
  } catch (error) {
    const fix = 'overair probe asks the same question, and says more.';
    return [problem('arrival', `What phones get could not be asked: ${describeError(error)}`, fix)];
  }
}

function findingOf({ outcome, reason, message, hint, platform }: Forecast): Finding {
  const fix = hint ?? `overair probe --platform ${platform} says more.`;
  if (outcome === 'download' || outcome === 'nothing') return ok('arrival', message);
  if (outcome === 'unknown' || (reason && NOTHING_YET.has(reason))) return warning('arrival', message, fix);
  return problem('arrival', message, fix);
}
