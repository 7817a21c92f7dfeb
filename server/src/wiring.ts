// The only place that constructs the cellar's parts and hands them out.

import type { Logger } from 'pino';
import { onAuditEntry } from './accounts/audit.ts';
import { signChains } from './accounts/audit-chain.ts';
import { keepAuditKey } from './accounts/audit-key.ts';
import { KeyGuard } from './accounts/key-guard.ts';
import { openSignIn, type SignIn } from './accounts/sign-in/room.ts';
import { type AttentionRoom, openAttention } from './attention/room.ts';
import { countErrors } from './blobs/count-errors.ts';
import type { BlobDriver } from './blobs/driver.ts';
import { openBlobs } from './blobs/open.ts';
import { createDownloadSigner, type DownloadSigner } from './blobs/signed-url.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { migrate } from './db/migrate.ts';
import { openDatabase } from './db/open.ts';
import { RollupSlot } from './db/rollup-slot.ts';
import { Sightings } from './devices/sightings.ts';
import { parseStoredRequest } from './doors/mtpush/dialect/request.ts';
import { ForwardedWatch } from './forwarded.ts';
import { type Jobs, openJobs } from './jobs/open.ts';
import { Metrics } from './metrics.ts';
import { type NumberFetcher, openNumberFetcher } from './net/fetch-number.ts';
import { openMailer } from './net/mailer.ts';
import { loadProviderNetworks, type ProviderNetworks } from './net/provider-networks.ts';
import { openPush, type PushRoom } from './push/room.ts';
import { localRateLimits, type RateLimits } from './rate-limit.ts';
import { Rehearsals } from './rehearsal/rehearse.ts';
import { noteSecret } from './secret-change.ts';
import { createVault, type Vault } from './secrets.ts';
import { Bandwidth } from './stats/bandwidth.ts';
import { Recorder } from './stats/record.ts';
import { Served } from './stats/served.ts';
import { Snapshots } from './updates/snapshot.ts';
import { queueDeliveries } from './webhooks/queue-deliveries.ts';
import { openWebhooks, type WebhookRoom } from './webhooks/room.ts';

const CAP_REACHED =
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
  webhooks: WebhookRoom;
  /** What this process counts about itself. */
  metrics: Metrics;
  /** What needs somebody. */
  attention: AttentionRoom;
  /** Asks owners' addresses for numbers. */
  numbers: NumberFetcher;
  /** Seals what must be readable again. */
  vault: Vault;
  /** Makes what counts how often something may happen. */
  limits: RateLimits;
  /** Lets callers in by their key. */
  keys: KeyGuard;
  /** Signs people in, and lets them in by their cookie. */
  signIn: SignIn;
  /** Whose X-Forwarded-For is believed. */
  forwarded: ForwardedWatch;
  signDownload: DownloadSigner;
  /** What devices downloaded. */
  bandwidth: Bandwidth;
  /** Every app's release state in memory. */
  snapshots: Snapshots;
  /** The rollup rows that this process adds to. */
  slot: RollupSlot;
  /** Events that devices send. */
  recorder: Recorder;
  /** What devices were told. */
  served: Served;
  /** Who would move. */
  rehearsals: Rehearsals;
  /** The stores' own networks. */
  providers: ProviderNetworks;
  /** Which devices were seen. */
  sightings: Sightings;
}

/** What tests hand in: a database of their own, and cheap hashes of passwords. */
interface Given {
  readonly database?: Database;
  readonly passwordCost?: number;
}

/** Opens everything, migrates, and returns the parts. */
export async function wire(config: Config, log: Logger, given: Given = {}): Promise<Parts> {
  const providers = loadProviderNetworks(config.providerNetworksFile);
  const database = given.database ?? (await openConfiguredDatabase(config, log));
  try {
    const applied = await migrate(database);
    keepAuditKey(database.db, config.secret);
    onAuditEntry(database.db, queueDeliveries);
    await signChains(database.db);
    if (applied.length > 0) log.info({ applied }, 'the database schema was brought up to date');
    await warnOfChangedSecret(database, config.secret, log);
    return await assemble(config, log, { ...given, database }, providers);
  } catch (error) {
    if (!given.database) await database.close();
    throw error;
  }
}

async function assemble(
  config: Config,
  log: Logger,
  { database, passwordCost }: Given & { database: Database },
  providers: ProviderNetworks,
): Promise<Parts> {
  const { db } = database;
  const { secret, publicUrl, allowPrivateAddresses: allowPrivate, proxies } = config;
  const logged = (what: string) => (error: unknown) => log.error({ err: error }, what);
  const limits = localRateLimits;
  const vault = createVault(secret);
  const metrics = new Metrics();
  const opened = await openBlobs(config.storageUrl, config.dataDir, proxies);
  const blobs = countErrors(opened, (operation) => metrics.blobErrors.of(operation).value++);
  const jobs = openJobs(database, logged('a background job went wrong'));
  const snapshots = openSnapshots(database, config, log);
  await snapshots.start();
  const slot = new RollupSlot(database);
  await slot.lease();
  const onFailures = snapshots.takeFailures.bind(snapshots);
  const recorder = new Recorder(database, undefined, { slot, onFailures, metrics });
  const served = new Served(database, recorder, logged('answers could not be counted'), slot);
  const sightings = new Sightings(database, {
    slot,
    onError: logged('devices could not be noted'),
    limits,
    newDevicesPerHour: config.newDevicesPerHour,
    onHeldBack: (app_id, seenMs) => served.holdBack(app_id, 'new_device', seenMs),
    onCapReached: (app_id, network) => log.warn({ app_id, network }, CAP_REACHED),
  });
  const warn = (detail: object, what: string) => log.warn(detail, what);
  return {
    config,
    log,
    database,
    blobs,
    jobs,
    metrics,
    push: openPush({
      db,
      jobs,
      vault,
      secret,
      reportPath: '/v4/web/report',
      readRequest: parseStoredRequest,
      publicUrl,
      allowPrivate,
      proxies,
      warn,
      metrics,
    }),
    webhooks: openWebhooks({ db, vault, allowPrivate, proxies, metrics }),
    attention: openAttention({
      ...{ db, jobs, snapshots, roles: config.roles },
      folders: [config.dataDir, blobs.scratch.dir],
      mail: config.mail && { mailer: openMailer(config.mail), publicUrl },
      warn,
      onError: logged('what this process sees of itself could not be told'),
    }),
    numbers: openNumberFetcher({ allowPrivate, proxies }),
    vault,
    limits,
    keys: new KeyGuard(db, limits, config.failedAuthLimit),
    signIn: openSignIn({ ...config, db, log, limits, providers: config.oidcProviders, passwordCost }),
    forwarded: watchForwarded(config, log),
    signDownload: createDownloadSigner({ secret, origin: publicUrl }),
    bandwidth: new Bandwidth(database, logged('downloads could not be counted')),
    snapshots,
    slot,
    recorder,
    served,
    rehearsals: new Rehearsals(database),
    providers,
    sightings,
  };
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
  await Promise.all([parts.push.close(), parts.webhooks.close(), parts.attention.close(), parts.numbers.close()]);
  // What the registry leaves out is counted with the answers.
  await parts.sightings.flush();
  await Promise.all([parts.served.flush(), parts.bandwidth.flush()]);
  await parts.recorder.drain();
  parts.snapshots.stop();
  await parts.slot.release();
  await parts.blobs.close();
  await parts.database.close();
}
