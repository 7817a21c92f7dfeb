// Every app's release state in memory, replaced when the database announces a change. The hot path reads nothing else.

import { randomUUID } from 'node:crypto';
import type { Database } from '../db/database.ts';
import { databaseUnavailable, inTime, isUnavailable } from '../db/unavailable.ts';
import { DAY_MS } from '../utc-day.ts';
import { ChangeFeed } from './change-feed.ts';
import { failedBundleOf } from './load-state.ts';
import type { AppState, FailedBundle } from './release-state.ts';
import { StateLoader } from './state-loader.ts';

/** While changes cannot be heard of, a state is trusted for this long. */
const DEAF_TRUST_MS = 500;
/** A database that takes longer to read one app, after it was lost, counts as away. */
const PATIENCE_MS = 1_000;
/** For an app that is not in memory there is nothing to answer meanwhile. */
const PATIENCE_WITH_NOTHING_MS = 5_000;
const ATTEMPT_EVERY_MS = 250;
const USUAL_STALE_LIMIT_MS = DAY_MS;
/** Strangers may ask for any app: so many unknown names are remembered as unknown. */
const MAX_UNKNOWN = 10_000;
/** No app has a longer id. */
const MAX_APP_ID_LENGTH = 255;
const BARRIER_TIMEOUT_MS = 1_000;
const CHANNEL_NAME = 'overair_release';

/** What the triggers of 0001-core.sql and 0013-outcomes.sql announce, or write to the feed. Without `device` the whole app changed. */
interface Announcement {
  app?: string;
  device?: string;
  /** The device's new forced channel; null: none any more. */
  channel?: number | null;
  /** A bundle that failed on the device, by this native version: how often, and with which key it could not be opened. */
  failed?: string;
  build?: string;
  failures?: number;
  unopened_with?: string | null;
  barrier?: string;
}

interface StoredFailure {
  app_id: string;
  device_id: string;
  version_name: string;
  version_build: string;
  failures: number;
  unopened_with: string | null;
}

interface Entry {
  state: AppState | undefined;
  /** By the monotonic clock, like all times here. */
  loadedAtMs: number;
  /** Changes were missed since: it was true at the time of the last gap, and only that. */
  isOutdated: boolean;
}

export interface SnapshotOptions {
  /** How long devices are answered by the last known state while the database is away. */
  staleLimitMs?: number;
  /** Told when the database goes away and when it is back. */
  onAway?: (isAway: boolean, error: unknown) => void;
}

type MutableOverrides = Map<string, number>;
type MutableFailures = Map<string, readonly FailedBundle[]>;

export class Snapshots {
  readonly #database: Database;
  #loader: StateLoader;
  readonly #feed: ChangeFeed;
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, { promise: Promise<AppState | undefined>; outdated: boolean }>();
  readonly #barriers = new Map<string, () => void>();
  #hearing = false;
  #unknown = 0;
  readonly #staleLimitMs: number;
  readonly #onAway: NonNullable<SnapshotOptions['onAway']>;
  /** When the database was known to answer last; undefined while it does. */
  #awaySinceMs: number | undefined;
  #attemptedAtMs = 0;

  constructor(database: Database, { staleLimitMs = USUAL_STALE_LIMIT_MS, onAway = () => {} }: SnapshotOptions = {}) {
    this.#database = database;
    this.#loader = new StateLoader(database);
    this.#feed = new ChangeFeed({
      database,
      onChange: (detail) => this.#heard(detail as Announcement),
      onGap: () => this.#distrust(),
      isNeeded: () => this.#hearing,
    });
    this.#staleLimitMs = staleLimitMs;
    this.#onAway = onAway;
  }

  /** Begins to listen for changes; call once, before the first question. */
  async start(): Promise<void> {
    await this.#database.listen(
      CHANNEL_NAME,
      (payload) => this.#heard(JSON.parse(payload) as Announcement),
      (hearing) => this.#gap(hearing),
    );
    this.#hearing = true;
    await this.#feed.start();
  }

  stop(): void {
    this.#feed.stop();
  }

  /** Failures that this process stored: it need not wait for the feed. */
  takeFailures(failures: readonly StoredFailure[]): void {
    for (const { app_id: app, device_id: device, version_name: failed, version_build: build, ...facts } of failures) {
      this.#heard({ app, device, failed, build, ...facts });
    }
  }

  /** Changes are heard of when they happen; else states are read anew every half second. */
  get isHearing(): boolean {
    return this.#hearing;
  }

  /** For how long the database has been away while devices are answered from memory; 0 while it is there. */
  get staleMs(): number {
    return this.#awaySinceMs === undefined ? 0 : performance.now() - this.#awaySinceMs;
  }

  /** Devices can be answered by what is in memory, current or not. */
  get isUsable(): boolean {
    return this.staleMs <= this.#staleLimitMs;
  }

  /**
   * The state of an app, without a database read when it is in memory. Undefined: no such app. While the database is away
   * it is the last that was known; rejects with `database_unavailable` when there is none, or when it is too old.
   */
  get(app_id: string): AppState | undefined | Promise<AppState | undefined> {
    if (app_id.length > MAX_APP_ID_LENGTH) return undefined;
    const entry = this.#entries.get(app_id);
    if (entry === undefined) return inTime(this.#load(app_id), PATIENCE_WITH_NOTHING_MS);
    if (this.#hearing && !entry.isOutdated) return entry.state;
    return this.#verify(app_id, entry);
  }

  #verify(app_id: string, entry: Entry): AppState | undefined | Promise<AppState | undefined> {
    const nowMs = performance.now();
    if (!entry.isOutdated && nowMs - entry.loadedAtMs < DEAF_TRUST_MS) return entry.state;
    if (this.#awaySinceMs === undefined) return this.#verified(app_id, entry);
    // Whoever asks also looks whether the database is back, but waits for nothing.
    if (nowMs - this.#attemptedAtMs >= ATTEMPT_EVERY_MS) {
      this.#attemptedAtMs = nowMs;
      this.#load(app_id).catch(() => {});
    }
    return this.#lastKnown(entry);
  }

  async #verified(app_id: string, entry: Entry): Promise<AppState | undefined> {
    try {
      return await inTime(this.#load(app_id), PATIENCE_MS);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#wentAway(error);
      return this.#lastKnown(entry);
    }
  }

  #lastKnown({ state }: Entry): AppState | undefined | Promise<never> {
    return this.isUsable ? state : Promise.reject(databaseUnavailable(new Error('What is known is too old')));
  }

  #wentAway(error: unknown): void {
    if (this.#awaySinceMs !== undefined) return;
    this.#awaySinceMs = performance.now();
    this.#onAway(true, error);
  }

  #cameBack(): void {
    if (this.#awaySinceMs === undefined) return;
    this.#awaySinceMs = undefined;
    this.#onAway(false, undefined);
  }

  /**
   * Resolves when every change that was committed before this call is known here, so that the answer to a write
   * means that this server already decides by it. Gives up after a second: the change itself is not at risk.
   */
  async caughtUp(): Promise<void> {
    // PGlite delivers notifications before a commit returns.
    if (this.#database.engine === 'postgres') await this.#heardAll();
    await inTime(this.#feed.poll(), BARRIER_TIMEOUT_MS).catch(() => {});
  }

  async #heardAll(): Promise<void> {
    if (!this.#hearing) return this.#distrust();
    const barrier = randomUUID();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, BARRIER_TIMEOUT_MS);
      this.#barriers.set(barrier, () => {
        clearTimeout(timer);
        resolve();
      });
      this.#database
        .query('select pg_notify($1, $2)', [CHANNEL_NAME, JSON.stringify({ barrier })])
        .catch(() => resolve());
    }).finally(() => this.#barriers.delete(barrier));
  }

  #load(app_id: string): Promise<AppState | undefined> {
    const running = this.#loading.get(app_id);
    if (running && !running.outdated) return running.promise;
    const load = { promise: Promise.resolve<AppState | undefined>(undefined), outdated: false };
    load.promise = this.#loader.load(app_id).then(
      (state) => {
        if (this.#loading.get(app_id) === load) this.#loading.delete(app_id);
        this.#cameBack();
        // A change was announced while the rows were being read: they may be from before it.
        if (load.outdated) return this.#load(app_id);
        this.#remember(app_id, state);
        return state;
      },
      (error: unknown) => {
        if (this.#loading.get(app_id) === load) this.#loading.delete(app_id);
        throw error;
      },
    );
    this.#loading.set(app_id, load);
    return load.promise;
  }

  #remember(app_id: string, state: AppState | undefined): void {
    if (state === undefined && this.#unknown++ >= MAX_UNKNOWN) {
      for (const [key, entry] of this.#entries) if (entry.state === undefined) this.#entries.delete(key);
      this.#unknown = 1;
    }
    this.#entries.set(app_id, { state, loadedAtMs: performance.now(), isOutdated: false });
  }

  #heard(change: Announcement): void {
    if (change.barrier !== undefined) this.#barriers.get(change.barrier)?.();
    if (change.app === undefined) return;
    const loading = this.#loading.get(change.app);
    if (loading) loading.outdated = true;
    const state = this.#entries.get(change.app)?.state;
    if (change.device === undefined || state === undefined) this.#entries.delete(change.app);
    else patchDevice(state, change.device, change);
  }

  #gap(hearing: boolean): void {
    this.#hearing = hearing;
    // What the old one waits for may never come, and new questions are not to wait behind it.
    this.#loader = new StateLoader(this.#database);
    this.#distrust();
  }

  /** Announcements may have been missed: nothing that was loaded before can be trusted, but while nothing else is to be had. */
  #distrust(): void {
    for (const entry of this.#entries.values()) entry.isOutdated = true;
    for (const loading of this.#loading.values()) loading.outdated = true;
  }
}

/** An app can have a hundred thousand overrides: one that changes must not cost reading them all again. */
function patchDevice(state: AppState, device_id: string, change: Announcement): void {
  if (change.failed !== undefined) {
    const { failed: version_name, build: version_build = '', failures = 0, unopened_with = null } = change;
    const failed = failedBundleOf({ version_name, version_build, failures, unopened_with });
    const others = (state.failures.get(device_id) ?? []).filter(
      (each) => each.version_name !== version_name || each.version_build !== version_build,
    );
    (state.failures as MutableFailures).set(device_id, [...others, failed]);
    return;
  }
  const overrides = state.overrides as MutableOverrides;
  if (change.channel == null) overrides.delete(device_id);
  else overrides.set(device_id, change.channel);
}
