// Two bundles side by side: what they hold, what the way to each costs, and what became of them on devices when both were as old.

import type { Db } from '../db/database.ts';
import { type BundleRow, findBundleByName } from '../releases/bundles.ts';
import { compareFiles, comparePackages } from '../releases/compare-contents.ts';
import { findDownloadSizes } from '../releases/download-sizes.ts';
import { cannotFindVersion } from '../releases/errors.ts';
import { readFailures } from '../stats/failures.ts';
import { findFirstOffer, listMostRun, readCountsAt } from '../stats/outcomes.ts';

const FROM_BUNDLES = 3;
/** Groups that are compared, and those of one bundle that are told. */
const MOST_GROUPS = 1_000;
const GROUPS_TOLD = 20;

interface Asked {
  app_id: string;
  a: string;
  b: string;
}

/** Throws `cannot_find_version`. */
export async function compareBundles(db: Db, { app_id, ...names }: Asked, now: Date) {
  const [a, b] = [await getBundle(db, app_id, names.a), await getBundle(db, app_id, names.b)];
  const files = await compareFiles(db, a, b);
  const run = await listMostRun(db, app_id, now, FROM_BUNDLES + 1);
  const sinces = [await findFirstOffer(db, app_id, a.name), await findFirstOffer(db, app_id, b.name)] as const;
  const ageMs = ageOfBoth(sinces, now);
  const windows = sinces.map((since) =>
    since && ageMs !== undefined ? { from: since, to: until(since, ageMs) } : undefined,
  );
  return {
    app_id,
    a: { ...(await sideOf(db, a, run)), ...(await outcomesOf(db, a, sinces[0], windows[0])) },
    b: { ...(await sideOf(db, b, run)), ...(await outcomesOf(db, b, sinces[1], windows[1])) },
    files: typeof files === 'string' ? null : files,
    files_unknown: typeof files === 'string' ? files : null,
    native_packages: comparePackages(a, b),
    age_seconds: ageMs === undefined ? null : Math.floor(ageMs / 1000),
    failures: await failuresOfOne(db, [a, b], windows, now),
  };
}

async function getBundle(db: Db, app_id: string, version: string): Promise<BundleRow> {
  const bundle = await findBundleByName(db, app_id, version);
  if (bundle === undefined) throw cannotFindVersion({ version });
  return bundle;
}

/** The age of the younger; undefined when one was never offered. */
function ageOfBoth(sinces: readonly [Date | undefined, Date | undefined], now: Date): number | undefined {
  const [a, b] = sinces;
  return a && b && now.getTime() - Math.max(a.getTime(), b.getTime());
}

const until = (since: Date, ageMs: number): Date => new Date(since.getTime() + ageMs);

async function sideOf(db: Db, bundle: BundleRow, run: readonly { bundle: string; devices: number }[]) {
  const from = run.filter((each) => each.bundle !== bundle.name).slice(0, FROM_BUNDLES);
  const { app_id, id: bundle_id, manifest_count, object_sha256, external_url } = bundle;
  const sizes = await findDownloadSizes(db, { app_id, bundle_id, running: from.map((each) => each.bundle) });
  const hasFiles = manifest_count > 0;
  return {
    bundle: bundle.name,
    created_at: bundle.created_at,
    has_zip: object_sha256 !== null || Boolean(external_url),
    files: hasFiles ? manifest_count : null,
    zip_bytes: sizes.zip,
    deltas: from.map((each) => ({
      from: each.bundle,
      devices: each.devices,
      bytes: hasFiles ? (sizes.missing.get(each.bundle) ?? null) : null,
    })),
  };
}

type Window = { from: Date; to: Date } | undefined;

async function outcomesOf(db: Db, { app_id, name }: BundleRow, since: Date | undefined, window: Window) {
  const outcomes = window === undefined ? null : await readCountsAt(db, { app_id, bundle: name }, window.to);
  return { first_offered_at: since ?? null, outcomes };
}

/** By action and message, whose numbers and addresses are left out. */
async function failuresOfOne(db: Db, bundles: readonly BundleRow[], windows: readonly Window[], now: Date) {
  const groups = [];
  for (const [at, { app_id, name }] of bundles.entries()) {
    const window = windows[at];
    groups.push(window ? await readFailures(db, { app_id, bundle: name, ...window, limit: MOST_GROUPS }, now) : []);
  }
  const [a = [], b = []] = groups;
  return { a_only: withoutThose(a, b), b_only: withoutThose(b, a) };
}

type Group = Awaited<ReturnType<typeof readFailures>>[number];

function withoutThose(groups: readonly Group[], others: readonly Group[]) {
  const keyOf = ({ action, fingerprint }: Group) => `${action} ${fingerprint}`;
  const known = new Set(others.map(keyOf));
  return groups.filter((group) => !known.has(keyOf(group))).slice(0, GROUPS_TOLD);
}
