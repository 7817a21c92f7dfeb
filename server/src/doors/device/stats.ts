// POST /stats: events, one or a batch, acknowledged when they are committed.

import { isFailure } from '@overair/protocol/device/actions';
import { provesUnopened, trialActions } from '@overair/protocol/device/bundle-reports';
import { outlast } from '../../db/unavailable.ts';
import { findLastOffer } from '../../devices/registry.ts';
import { OFFER_GRAIN_MS } from '../../devices/sightings.ts';
import { AppError } from '../../errors.ts';
import type { StatsEvent } from '../../stats/event.ts';
import { OUTAGE_MS } from '../../stats/record.ts';
import { clientOf } from '../../updates/client.ts';
import { findOfferedBundle, keyFaultOf } from '../../updates/key-fault.ts';
import type { AppState } from '../../updates/release-state.ts';
import type { Parts } from '../../wiring.ts';
import { appUnknown } from './answer.ts';
import { knownError } from './errors.ts';
import { networkMarker } from './failure-network.ts';
import { appIdPattern } from './fields.ts';
import { heardInEvent, leftIn, outdatesCheck, runningIn } from './heard-outcomes.ts';
import { type Origin, parseBody } from './question.ts';
import type { Call } from './route.ts';
import { bundleNameOf, type ReadEvent, readEvent } from './stats-event.ts';
import { isStoreMachine, originOf } from './store-machines.ts';

type Result = { status: 'ok'; index: number } | { status: 'error'; error: string; message: string; index: number };

const ok = { status: 'ok' } as const;

/**
 * A failure that names no bundle is about one that was offered within the hour (docs/protocol/device.md §10.4). The registry knows that
 * hour only to a grain.
 */
const OFFER_COUNTS_MS = 60 * 60 * 1000 + OFFER_GRAIN_MS;

/** Clients keep at most 200 events: longer batches are not theirs. A 4xx makes them drop a batch, a 5xx send it for ever. */
const MAX_BATCH = 1_000;

const countsAgainstBundle = new Set([...trialActions('opening', 'failed'), ...trialActions('starting', 'failed')]);

type StatsParts = Pick<Parts, 'snapshots' | 'sightings' | 'recorder' | 'database' | 'providers' | 'served' | 'config'>;

export function statsAnswerer({ snapshots, sightings, recorder, database, providers, served, config }: StatsParts) {
  const networkMark = networkMarker(config.secret);
  return async ({ body: text, ip }: Call): Promise<object> => {
    const body = parseBody(text);
    const origin = originOf(ip, providers);
    if (Array.isArray(body)) return recordBatch(body, origin);
    const state = await snapshots.get(appIdOf(body));
    if (state === undefined) return appUnknown;
    await recordAll([readEvent(body, state, Date.now())], state, origin);
    return ok;
  };

  async function recordBatch(batch: unknown[], origin: Origin) {
    if (batch.length === 0) return { status: 'ok', results: [] };
    if (batch.length > MAX_BATCH) throw new AppError('batch_too_large', 413, `A batch has at most ${MAX_BATCH} events`);
    const app_id = appIdOf(batch[0]);
    const fault = faultOfBatch(batch, app_id);
    if (fault) return fault;
    const state = await snapshots.get(app_id);
    if (state === undefined) {
      const { error, message } = appUnknown;
      return { status: 'ok', results: batch.map((_, index): Result => ({ status: 'error', error, message, index })) };
    }
    const receivedMs = Date.now();
    const events: ReadEvent[] = [];
    const results = batch.map((each, index): Result => {
      try {
        events.push(readEvent(each, state, receivedMs));
        return { status: 'ok', index };
      } catch (error) {
        const known = knownError(error);
        if (known === undefined) throw error;
        return { status: 'error', error: known.code, message: known.message, index };
      }
    });
    await recordAll(events, state, origin);
    return { status: 'ok', results };
  }

  /** The device registry is only told when the events are safe. */
  async function recordAll(read: readonly ReadEvent[], state: AppState, { ip, provider }: Origin): Promise<void> {
    if (isStoreMachine(state, provider)) return served.holdBack(state.app_id, 'store_network', Date.now());
    const events = read.filter(({ isNoise }) => !isNoise);
    await attribute(
      events.filter(({ isAboutOffer }) => isAboutOffer).map(({ event }) => event),
      state,
    );
    for (const each of events) noteFailure(each, state, () => networkMark(state.app_id, ip));
    const heard = events.flatMap(({ event }) => heardInEvent(event) ?? []);
    await recorder.record(
      events.flatMap(({ event, implied }) => [event, ...implied]),
      heard,
    );
    for (const { event } of events) if (outdatesCheck(event)) sightings.forgetTold(event.app_id, event.device_id);
    for (const each of read) noteDevice(each, ip);
  }

  /** The bundle that a failure names is not what the device runs. */
  function noteDevice({ event, sighting }: ReadEvent, ip: string): void {
    const left_version = leftIn(event);
    if (isFailure(event.action) && left_version === null) return;
    const seen = isFailure(event.action) ? { ...sighting, version_name: null, isOfKnown: true } : sighting;
    sightings.note({ ...seen, running_version: runningIn(event), left_version, ip });
  }

  /** Clients cannot be trusted to name the bundle that failed: it is the one that this device was offered last. */
  async function attribute(events: readonly StatsEvent[], state: AppState): Promise<void> {
    for (const [device_id, ofDevice] of Map.groupBy(events, (each) => each.device_id)) {
      const offered = await findOffer(state.app_id, device_id);
      if (offered === undefined) continue;
      for (const event of ofDevice) {
        event.version_name ??= offered;
        event.bundle_name = bundleNameOf(state, offered);
      }
    }
  }

  async function findOffer(app_id: string, device_id: string): Promise<string | undefined> {
    const pending = sightings.pendingOffer(app_id, device_id);
    const find = () => findLastOffer(database.db, app_id, device_id, Date.now() - OFFER_COUNTS_MS);
    return pending ?? outlast(find, OUTAGE_MS);
  }
}

function noteFailure(read: ReadEvent, state: AppState, network: () => number): void {
  noteUnopened(read, state);
  if (countsAgainstBundle.has(read.event.action)) read.event.network = network();
}

/** A bundle arrived and could not be opened, and the device's key explains why: see `deviceHoldsTheKey`. */
function noteUnopened({ event, sighting }: ReadEvent, state: AppState): void {
  if (!provesUnopened.has(event.action)) return;
  const bundle = findOfferedBundle(state, event.bundle_name);
  const { platform, plugin_version } = event;
  const { key_id } = sighting;
  if (!bundle || !keyFaultOf(bundle, { client: clientOf(platform, plugin_version), platform, key_id })) return;
  event.unopened_with = key_id ?? '';
}

/** Throws `invalid_app_id`: without an app there is nobody whose event it is. */
function appIdOf(event: unknown): string {
  const app_id = typeof event === 'object' && event !== null ? (event as Record<string, unknown>)['app_id'] : undefined;
  if (typeof app_id !== 'string' || app_id === '') throw new AppError('invalid_app_id', 400, 'App ID is required');
  if (!appIdPattern.test(app_id)) throw new AppError('invalid_app_id', 400, 'App ID must be a reverse domain string');
  return app_id;
}

/** A batch belongs to one app. With HTTP 200: newer clients throw a batch away that is answered with a 4xx. */
function faultOfBatch(batch: unknown[], app_id: string): { error: string; message: string } | undefined {
  for (const each of batch) {
    try {
      if (appIdOf(each) !== app_id) {
        return { error: 'mixed_app_ids', message: 'All events in a batch must have the same app_id' };
      }
    } catch (error) {
      if (error instanceof AppError) return { error: error.code, message: error.message };
      throw error;
    }
  }
  return undefined;
}
