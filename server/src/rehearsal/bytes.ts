// What a change makes devices download.

import type { Db } from '../db/database.ts';
import { findDownloadSizes } from '../releases/download-sizes.ts';
import type { AppState } from '../updates/release-state.ts';
import type { Download } from './tally.ts';

/** Of so many bundles that run, most first, the missing files are counted; the others are taken to lack all. */
const MAX_COMPARED = 200;

interface Bytes {
  /** When who takes single files downloads only those that its bundle lacks, and the others the zip. */
  delta: number;
  /** When everybody downloads the zip. */
  zip: number;
  /** Devices whose download is not known: the bundle lies elsewhere, or has no zip. */
  unknown_devices: number;
}

/** An upper bound: files that a device has from the store's bundle, or still keeps, are not downloaded either. */
export async function countBytes(db: Db, state: AppState, downloads: readonly Download[]): Promise<Bytes> {
  const total: Bytes = { delta: 0, zip: 0, unknown_devices: 0 };
  for (const [to, group] of Map.groupBy(downloads, (download) => download.to)) {
    const bundle = findServed(state, to);
    if (bundle === undefined) continue;
    const running = group.slice(0, MAX_COMPARED).map(({ from }) => from);
    const sizes = await findDownloadSizes(db, { app_id: state.app_id, bundle_id: bundle.id, running });
    for (const { from, devices, by_files } of group) {
      const zip = sizes.zip ?? 0;
      total.zip += devices * zip;
      total.delta += devices * (by_files ? (sizes.missing.get(from) ?? sizes.files) : zip);
      if (sizes.zip === null && !by_files) total.unknown_devices += devices;
    }
  }
  return total;
}

/** Undefined for the store's bundle, which nobody downloads. */
function findServed(state: AppState, name: string) {
  const served = state.channels.flatMap(({ bundle, rollout }) => [bundle, rollout?.bundle]);
  return served.find((each) => each?.name === name);
}
