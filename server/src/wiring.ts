// The only place that constructs the cellar's parts and hands them out.

import type { Logger } from 'pino';
import { signChains } from './accounts/audit-chain.ts';
import { keepAuditKey } from './accounts/audit-key.ts';
import { KeyGuard } from './accounts/key-guard.ts';
import { Bandwidth } from './blobs/bandwidth.ts';
import type { BlobDriver } from './blobs/driver.ts';
import { openBlobs } from './blobs/open.ts';
import { createDownloadSigner, type DownloadSigner } from './blobs/signed-url.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { migrate } from './db/migrate.ts';
import { openDatabase } from './db/open.ts';
import { Sightings } from './devices/sightings.ts';
import { ForwardedWatch } from './forwarded.ts';
import { type Jobs, openJobs } from './jobs/open.ts';
import { loadProviderNetworks, type ProviderNetworks } from './net/provider-networks.ts';
import { openPush, type PushRoom } from './push/room.ts';
import { localRateLimits, type RateLimits } from './rate-limit.ts';
import { noteSecret } from './secret-change.ts';
import { Recorder } from './stats/record.ts';
import { Served } from './stats/served.ts';
import { Snapshots } from './updates/snapshot.ts';

const capReached =
  'more new devices from one network than OVERAIR_NEW_DEVICES_PER_HOUR: the rest are answered but not recorded; ' +
  'if they are phones behind a proxy of yours, set OVERAIR_TRUST_PROXY';

/** What doors and jobs are made from. */
export interface Parts {
  config: Config;
  log: Logger;
  database: Database;
  blobs: BlobDriver;
  jobs: Jobs;
  push: PushRoom;
  /** Makes what counts how often something may happen. */
  limits: RateLimits;
  /** Lets callers in by their key. */
  keys: KeyGuard;
  /** Whose X-Forwarded-For is believed. */
  forwarded: ForwardedWatch;
  signDownload: DownloadSigner;
  /** What devices downloaded. */
  bandwidth: Bandwidth;
  /** Every app's release state in memory. */
  snapshots: Snapshots;
  /** Events that devices send. */
  recorder: Recorder;
  /** What devices were told. */
  served: Served;
  /** The stores' own networks. */
  providers: ProviderNetworks;
  /** Which devices were seen. */
  sightings: Sightings;
}

/** Opens everything, migrates, and returns the parts. Tests hand in their own database. */
export async function wire(config: Config, log: Logger, given?: { database?: Database }): Promise<Parts> {
  const providers = loadProviderNetworks(config.providerNetworksFile);
  const database = given?.database ?? (await openConfiguredDatabase(config, log));
  try {
    const applied = await migrate(database);
    keepAuditKey(database.db, config.secret);
    await signChains(database.db);
    if (applied.length > 0) log.info({ applied }, 'the database schema was brought up to date');
    await warnOfChangedSecret(database, config.secret, log);
    const blobs = await openBlobs(config.storageUrl, config.dataDir, config.proxies);
    const jobs = openJobs(database, (error) => log.error({ err: error }, 'a background job went wrong'));
    const signDownload = createDownloadSigner({ secret: config.secret, origin: config.publicUrl });
    const bandwidth = new Bandwidth(database, (error) => log.error({ err: error }, 'downloads could not be counted'));
    const snapshots = openSnapshots(database, config, log);
    await snapshots.start();
    const recorder = new Recorder(database);
    const served = new Served(database, recorder, (error) => log.error({ err: error }, 'answers could not be counted'));
    const sightings = new Sightings(database, {
      onError: (error) => log.error({ err: error }, 'devices could not be noted'),
      limits: localRateLimits,
      newDevicesPerHour: config.newDevicesPerHour,
      onHeldBack: (app_id) => served.holdBack(app_id, 'new_device'),
      onCapReached: (app_id, network) => log.warn({ app_id, network }, capReached),
    });
    const push = openPush({
      db: database.db,
      jobs,
      secret: config.secret,
      publicUrl: config.publicUrl,
      allowPrivate: config.allowPrivateAddresses,
      proxies: config.proxies,
      warn: (detail, what) => log.warn(detail, what),
    });
    return {
      config,
      log,
      database,
      blobs,
      jobs,
      push,
      limits: localRateLimits,
      keys: new KeyGuard(database.db, localRateLimits, config.failedAuthLimit),
      forwarded: watchForwarded(config, log),
      signDownload,
      bandwidth,
      snapshots,
      recorder,
      served,
      providers,
      sightings,
    };
  } catch (error) {
    if (!given?.database) await database.close();
    throw error;
  }
}

function watchForwarded({ trustProxy }: Config, log: Logger): ForwardedWatch {
  if (trustProxy === true) {
    log.warn(
      'OVERAIR_TRUST_PROXY=true believes X-Forwarded-For whoever sends it, so anybody can pretend to be any address: ' +
        'name the proxies instead, for example loopback, uniquelocal or 10.0.0.0/8',
    );
  }
  return new ForwardedWatch(trustProxy, (peer) =>
    log.warn(
      { peer },
      'X-Forwarded-For arrives from a peer that is not trusted, so everybody behind it shares one address in limits and logs: ' +
        `if ${peer} is your proxy, set OVERAIR_TRUST_PROXY=${peer}`,
    ),
  );
}

function openConfiguredDatabase(config: Config, log: Logger): Promise<Database> {
  return openDatabase({
    url: config.databaseUrl,
    dataDir: config.dataDir,
    poolSize: config.databasePoolSize,
    onError: (error, what) => log.warn({ err: error }, what),
  });
}

function openSnapshots(database: Database, { staleStateHours }: Config, log: Logger): Snapshots {
  return new Snapshots(database, {
    staleLimitMs: staleStateHours * 60 * 60 * 1000,
    onAway(isAway, error) {
      const meanwhile = `devices are answered by the last known state, for up to ${staleStateHours} h`;
      if (isAway) log.error({ err: error }, `the database is away: ${meanwhile}`);
      else log.warn('the database answers again');
    },
  });
}

async function warnOfChangedSecret({ db }: Database, secret: string, log: Logger): Promise<void> {
  const change = await noteSecret(db, secret);
  if (change === undefined) return;
  const since = change.usedBefore.toISOString();
  const what = `OVERAIR_SECRET is not the one that this database was used with before (last at a start at ${since}).`;
  const mend = 'If that was not meant, stop and set the old one; nothing is lost yet.';
  log.warn({ consequences: change.consequences }, `${what} The server starts all the same. ${mend}`);
}

/** Ends what `wire` opened, in the order in which nothing is lost. */
export async function unwire(parts: Parts, timeoutMs: number): Promise<void> {
  await parts.jobs.stop(timeoutMs);
  await parts.push.close();
  // What the registry leaves out is counted with the answers.
  await parts.sightings.flush();
  await Promise.all([parts.served.flush(), parts.bandwidth.flush()]);
  await parts.recorder.drain();
  await parts.blobs.close();
  await parts.database.close();
}
