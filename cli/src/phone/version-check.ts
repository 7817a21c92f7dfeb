// Before an upload: would the phones of this project's apps look at a bundle of this version at all?

import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { compareVersions, parseVersion } from '../project/version.ts';
import { coerceVersion, type NativeApp } from './native-versions.ts';

export interface VersionCheckOptions {
  /** False with `--no-version-check`. */
  versionCheck?: boolean;
}

interface Candidate {
  version: string;
  apps: readonly NativeApp[];
  /** Some channel it goes to holds back what is older than the app. */
  holdsBackOlder: boolean;
  /** False when it is released nowhere yet: then all this may still change. */
  isReleased: boolean;
}

const BUMP = 'Pass --bump and the server takes the next one above, or raise the version in package.json.';
const INSIST = 'For apps in the stores that are older than this project, --no-version-check insists.';

/** Throws when no phone of this project would take the bundle; warns when those of one platform would not. */
export function checkVersion(context: Context, candidate: Candidate, options: VersionCheckOptions): void {
  if (options.versionCheck === false) return;
  const problems = candidate.apps.flatMap((app) => problemWith(candidate, app) ?? []);
  const [first] = problems;
  const isHopeless = candidate.apps.length > 0 ? problems.length === candidate.apps.length : isZero(candidate.version);
  if (isHopeless && candidate.isReleased) {
    throw first ?? new CliError('version_zero', ZERO_MESSAGE, { hint: `${BUMP} ${INSIST}` });
  }
  for (const { message, hint } of problems) context.ui.warn(`${message} ${hint}`);
}

const ZERO_MESSAGE =
  '0.0.0 is older than every app in the stores: no phone would take it. It is what new projects have before anybody sets a version.';

const isZero = (version: string) => {
  const parsed = parseVersion(version);
  return parsed !== undefined && parsed.major + parsed.minor + parsed.patch === 0;
};

function problemWith({ version, holdsBackOlder }: Candidate, app: NativeApp): CliError | undefined {
  const [mine, native] = [parseVersion(version), parseVersion(coerceVersion(app.version ?? '') ?? '')];
  if (!mine || !native) return undefined;
  const where = `the ${nameOf(app)} app of this project has ${app.version} (${app.source})`;
  const options = { hint: `${BUMP} ${INSIST}`, detail: { version, native_version: app.version, source: app.source } };
  const order = compareVersions(mine, native);
  if (order === 0 && !version.includes('+')) {
    const message = `${version} is no update: ${where}, so its phones take it for the one that they have.`;
    return new CliError('same_as_native', message, options);
  }
  if (order < 0 && (holdsBackOlder || isZero(version))) {
    return new CliError(
      'older_than_native',
      `${version} is older than the app: ${where}, and phones do not go back.`,
      options,
    );
  }
  return undefined;
}

export const nameOf = ({ platform }: NativeApp): string =>
  ({ android: 'Android', ios: 'iOS', electron: 'Electron' })[platform];
