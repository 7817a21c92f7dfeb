// Notes which devices were seen and what they were told, write-behind: the device is answered first, and a device whose
// facts did not change causes no write at all.

import type { Database } from '../db/database.ts';
import { writeInHalves } from '../db/write-in-halves.ts';
import type { RateLimits } from '../rate-limit.ts';
import { networkOf } from '../subscriber.ts';
import { DAY_MS, HOUR_MS } from '../utc-day.ts';
import { WriteBehind } from '../write-behind.ts';
import { Fingerprints } from './fingerprints.ts';
import type { Part } from './hash.ts';
import { NewDeviceCap } from './new-device-cap.ts';
import { findKnownDevices } from './registry.ts';
import type { Sighting } from './sighting.ts';
import { writeSightings } from './write-sightings.ts';

const FLUSH_EVERY_MS = 400;
const MAX_BATCH = 1_000;
/** More than this and the database cannot follow: a device that is not noted now is noted at its next check. */
const MAX_PENDING = 100_000;

/** A device is noted once a day in any case, because the days on which it was seen are counted. */
const ALONE_GRAIN_MS = DAY_MS;
/** Another process of a fleet may have written other facts of the device meanwhile: what is known ages sooner. */
const FLEET_GRAIN_MS = 60 * 60 * 1000;

/** An offer that is repeated is written again after this time, so that it is known when a device was offered it last. */
export const OFFER_GRAIN_MS = 10 * 60 * 1000;

interface SightingsOptions {
  onError: (error: unknown) => void;
  limits: RateLimits;
  /** New devices that one network may bring to an app in an hour; 0 is no limit. */
  newDevicesPerHour: number;
  /** A new device was beyond that and is not noted. */
  onHeldBack: (app_id: string, seenMs: number) => void;
  /** The rollup rows to add to. */
  slot?: { readonly current: number };
  /** The first such device of an hour. `network` is the beginning of its address. */
  onCapReached: (app_id: string, network: string) => void;
}

export class Sightings {
  readonly #database: Database;
  readonly #options: SightingsOptions;
  readonly #cap: NewDeviceCap;
  /** `#known`: a device's facts. `#told`: its last answer. A report updates only `#known`. */
  readonly #known = new Fingerprints();
  readonly #told = new Fingerprints();
  /** New devices beyond the cap, and in which hour: nobody asks the database about them again before the next. */
  readonly #heldBack = new Fingerprints();
  #capReachedIn = '';
  /** Those of the pending that memory does not know: only the database can tell whether they are new. */
  #strangers = new Set<string>();
  #pending = new Map<string, Sighting>();
  #writing = new Map<string, Sighting>();
  readonly #behind: WriteBehind;
  readonly #grainMs: number;

  constructor(database: Database, options: SightingsOptions) {
    this.#database = database;
    this.#options = options;
    this.#cap = new NewDeviceCap(options.limits, options.newDevicesPerHour);
    this.#grainMs = database.engine === 'pglite' ? ALONE_GRAIN_MS : FLEET_GRAIN_MS;
    this.#behind = new WriteBehind({
      write: () => this.#writeAll(),
      pauseMs: () => FLUSH_EVERY_MS,
      onError: options.onError,
    });
  }

  /**
   * Returns whether anything changed since the last note: the device's facts, the day, or `outcome`, a text that stands
   * for what the device was told; without one it was told nothing. Never of a device beyond the cap.
   */
  note(sighting: Sighting, outcome?: string): boolean {
    const name = [sighting.app_id, sighting.device_id];
    const grain = String(Math.floor(sighting.seenMs / this.#grainMs));
    const day = String(Math.floor(sighting.seenMs / ALONE_GRAIN_MS));
    const isNews = outcome !== undefined && !this.#told.has(name, [day, outcome]);
    if (isNews) this.#told.put(name, [day, outcome]);
    const facts = factsOf(sighting, grain);
    if (this.#known.has(name, facts)) return isNews;
    const key = keyOf(sighting.app_id, sighting.device_id);
    const before = this.#pending.get(key);
    if (before === undefined && this.#pending.size >= MAX_PENDING) return isNews;
    if (this.#heldBack.has(name, [hourOf(sighting)])) return false;
    const isStranger = !this.#known.knows(name);
    if (isStranger) this.#strangers.add(key);
    this.#known.put(name, facts);
    this.#pending.set(key, before ? merge(before, sighting) : sighting);
    this.#behind.schedule();
    return !(isStranger && this.#cap.isSpent(sighting.app_id, sighting.ip, sighting.seenMs));
  }

  /** What the device was told last could not be recorded, or is outdated by what it reports: its next answer is news. */
  forgetTold(app_id: string, device_id: string): void {
    this.#told.forget([app_id, device_id]);
  }

  /** The bundle last offered to a device, as long as it may not be in the database yet. */
  pendingOffer(app_id: string, device_id: string): string | undefined {
    const key = keyOf(app_id, device_id);
    return this.#pending.get(key)?.offered_version ?? this.#writing.get(key)?.offered_version ?? undefined;
  }

  get pendingDevices(): number {
    return this.#pending.size;
  }

  /** Writes all that was noted before. */
  flush(): Promise<void> {
    return this.#behind.flush();
  }

  /** Failures are logged and noted again at the devices' next checks: nobody was promised these writes. */
  async #writeAll(): Promise<void> {
    this.#writing = this.#pending;
    const strangers = this.#strangers;
    this.#pending = new Map();
    this.#strangers = new Set();
    const pending = [...this.#writing.values()];
    for (let from = 0; from < pending.length; from += MAX_BATCH) {
      const batch = pending.slice(from, from + MAX_BATCH);
      const slot = this.#options.slot?.current ?? 0;
      const write = (some: readonly Sighting[]) => writeSightings(this.#database, some, slot);
      const onFailure = (lost: readonly Sighting[], error: unknown) => {
        this.#options.onError(error);
        for (const { app_id, device_id } of lost) this.#known.forget([app_id, device_id]);
      };
      try {
        const admitted = await this.#admit(batch, strangers);
        if (admitted.length > 0) await writeInHalves(admitted, write, onFailure);
      } catch (error) {
        onFailure(batch, error);
      }
    }
    this.#writing = new Map();
  }

  /** Leaves out new devices of a network that has brought enough of them this hour. */
  async #admit(batch: readonly Sighting[], strangers: ReadonlySet<string>): Promise<readonly Sighting[]> {
    if (this.#cap.isOff) return batch;
    const unsure = batch.filter(({ app_id, device_id }) => strangers.has(keyOf(app_id, device_id)));
    if (unsure.length === 0) return batch;
    const known = await findKnownDevices(this.#database, unsure);
    const knownKeys = new Set(known.map(({ app_id, device_id }) => keyOf(app_id, device_id)));
    const left = new Set<Sighting>();
    for (const sighting of unsure) {
      const { app_id, device_id, ip, seenMs } = sighting;
      if (knownKeys.has(keyOf(app_id, device_id)) || this.#cap.admits(app_id, ip, seenMs)) continue;
      left.add(sighting);
      this.#holdBack(sighting);
    }
    return left.size === 0 ? batch : batch.filter((each) => !left.has(each));
  }

  #holdBack(sighting: Sighting): void {
    const { app_id, device_id, ip } = sighting;
    const hour = hourOf(sighting);
    this.#known.forget([app_id, device_id]);
    this.#heldBack.put([app_id, device_id], [hour]);
    this.#options.onHeldBack(app_id, sighting.seenMs);
    if (hour === this.#capReachedIn) return;
    this.#capReachedIn = hour;
    this.#options.onCapReached(app_id, networkOf(ip));
  }
}

const hourOf = ({ seenMs }: Sighting): string => String(Math.floor(seenMs / HOUR_MS));

const keyOf = (app_id: string, device_id: string): string => `${app_id}\n${device_id}`;

/** Two notes of one device before it was written: the later one, without forgetting what it leaves blank. */
function merge(before: Sighting, after: Sighting): Sighting {
  return {
    ...after,
    custom_id: after.custom_id || before.custom_id,
    install_source: after.install_source || before.install_source,
    offered_version: after.offered_version ?? before.offered_version,
    version_name: after.version_name ?? before.version_name,
    running_version: after.running_version ?? before.running_version ?? null,
    isOfKnown: before.isOfKnown === true && after.isOfKnown === true,
    left_version: after.left_version ?? (after.running_version ? null : (before.left_version ?? null)),
  };
}

/** Everything that is worth a write when it changes, plus a time bucket (see the grain constants). */
const factsOf = (s: Sighting, grain: string): Part[] => [
  grain,
  s.platform,
  s.plugin_version,
  s.os_version,
  s.version_build,
  s.version_code,
  s.version_name,
  s.custom_id,
  s.is_prod,
  s.is_emulator,
  s.default_channel,
  s.key_id,
  s.install_source,
  s.running_version ?? null,
  s.left_version ?? null,
  s.offered_version,
  s.offered_version && String(Math.floor(s.seenMs / OFFER_GRAIN_MS)),
];
