// A server with an owner, an app, and phones that live with it: for the stories of the console and for its pictures.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createClient } from '@overair/protocol/client';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';

export const OWNER = { email: 'owner@example.com', password: 'correct horse battery staple', name: 'Olivia Owner' };

export interface World {
  readonly server: RunningServer;
  readonly client: ReturnType<typeof createClient>;
  readonly orgId: string;
  /** Puts a bundle of some bytes into an app, on no channel. */
  addBundle(app_id: string, version: string): Promise<void>;
  /** The same server, after its process ended. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface WorldOptions {
  readonly fromSource?: boolean;
  /** False: the first start, before anybody made an account. */
  readonly withOwner?: boolean;
  readonly port?: number;
}

/** Listens on `localhost`, where browsers have passkeys. */
export async function openWorld({ fromSource = false, withOwner = true, port }: WorldOptions = {}): Promise<World> {
  const folder = await temporaryFolder('console');
  const start = (onPort?: number) =>
    startServer({
      dataDir: join(folder.path, 'data'),
      fromSource,
      host: 'localhost',
      // Push services and receivers of webhooks are stand-ins on this machine.
      env: { OVERAIR_ALLOW_PRIVATE_ADDRESSES: 'true' },
      ...(onPort !== undefined && { port: onPort }),
    });
  let server = await start(port);
  const adminKey = server.adminKey ?? '';
  const client = createClient({ server: server.url, apiKey: adminKey });
  const [org] = await client.organizations.list();
  if (withOwner) await client.request('POST', '/session/setup', { body: OWNER });
  return {
    get server() {
      return server;
    },
    client,
    orgId: org?.id ?? '',
    async addBundle(app_id, version) {
      await client.bundles.create({
        app_id,
        version,
        external_url: `https://cdn.invalid/${version}.zip`,
        checksum: 'a'.repeat(64),
      });
    },
    async restart() {
      await server.stop();
      server = { ...(await start(Number(new URL(server.url).port))), adminKey };
    },
    async close() {
      await server.stop();
      await folder.remove();
    },
  };
}

interface PhoneOptions {
  readonly platform?: 'ios' | 'android';
  readonly native?: string;
  readonly running?: string;
  readonly customId?: string;
}

/** A phone as the updater plugin speaks for it, without a download: what it says is said here, step by step. */
export class Phone {
  readonly device_id = randomUUID();
  running: string;
  readonly #server: string;
  readonly #app_id: string;
  readonly #options: PhoneOptions;

  constructor(server: string, app_id: string, options: PhoneOptions = {}) {
    this.#server = server;
    this.#app_id = app_id;
    this.#options = options;
    this.running = options.running ?? 'builtin';
  }

  /** Asks for an update. Answers with the bundle that it is offered. */
  async ask(): Promise<string | undefined> {
    const answer = await this.#post('/updates', this.#facts());
    return typeof answer['version'] === 'string' ? answer['version'] : undefined;
  }

  async say(version: string, ...actions: string[]): Promise<void> {
    await this.#post(
      '/stats',
      actions.map((action) => ({ ...this.#facts(), version_name: version, action })),
    );
  }

  /** Asks, and runs what it is offered. */
  async update(): Promise<void> {
    const version = await this.ask();
    if (version === undefined || version === this.running) return;
    await this.say(version, 'download_complete', 'set', 'app_launch_ready');
    this.running = version;
  }

  #facts() {
    const { platform = 'android', native = '1.0.0', customId = '' } = this.#options;
    return {
      app_id: this.#app_id,
      device_id: this.device_id,
      platform,
      plugin_version: '8.51.14',
      version_build: native,
      version_code: '1',
      version_os: platform === 'ios' ? '18.1' : '15',
      version_name: this.running,
      custom_id: customId,
      is_emulator: false,
      is_prod: true,
      defaultChannel: '',
    };
  }

  async #post(path: string, body: object): Promise<Record<string, unknown>> {
    const answer = await fetch(this.#server + path, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  }
}
