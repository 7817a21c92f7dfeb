// An app whose channel serves a bundle, and phones that ask and report through the doors: for tests of what became of a release.

import { expect } from 'vitest';
import { startTestServer, type TestServer } from '../../../testing/server.ts';

const aPhone = (change: object) => ({
  ...{ platform: 'android', plugin_version: '8.51.14', version_build: '1.0.0', version_os: '16' },
  ...{ is_prod: true, is_emulator: false, version_name: '1.0.0', custom_id: '', defaultChannel: '', ...change },
});

export class OutcomeWorld {
  readonly server: TestServer;
  /** The newest one. */
  app_id = '';
  #apps = 0;
  #devices = 0;

  constructor(server: TestServer) {
    this.server = server;
  }

  static async open(): Promise<OutcomeWorld> {
    return new OutcomeWorld(await startTestServer({ newDevicesPerHour: 0 }));
  }

  close = () => this.server.close();
  headers = () => ({ authorization: this.server.adminKey });
  newId = () => `00000000-0000-4000-8000-${(this.#devices++).toString(16).padStart(12, '0')}`;

  /** With the bundles 1.1.0, which its channel serves, and 1.2.0. */
  async addApp(): Promise<void> {
    const app_id = `com.outcomes.app${this.#apps++}`;
    this.app_id = app_id;
    const { db } = this.server.database;
    const owner_org = this.server.orgId;
    await db.insertInto('apps').values({ app_id, owner_org, name: app_id }).execute();
    const place = { storage_provider: 'external' as const, external_url: 'https://cdn.test/b.zip' };
    const bundles = ['1.1.0', '1.2.0'].map((name) => ({ app_id, owner_org, name, ...place }));
    await db.insertInto('bundles').values(bundles).execute();
    await this.serve('1.1.0');
  }

  /** Through the door, so that the promotion is on record. */
  async serve(version: string, more: object = {}): Promise<void> {
    const { app_id, server } = this;
    const payload = JSON.stringify({ app_id, channel: 'production', version, public: true, ...more });
    const answer = await server.app.inject({ method: 'POST', url: '/channel', headers: this.headers(), payload });
    expect(answer.statusCode, answer.body).toBe(200);
  }

  async check(device_id: string, change: object = {}) {
    const payload = { app_id: this.app_id, ...aPhone({ device_id, ...change }) };
    return (await this.server.ask({ method: 'POST', url: '/updates', payload })).json() as Record<string, unknown>;
  }

  async report(device_id: string, action: string, version_name = '1.1.0', change: object = {}): Promise<void> {
    const payload = { app_id: this.app_id, ...aPhone({ device_id, action, version_name, ...change }) };
    const answer = await this.server.ask({ method: 'POST', url: '/stats', payload });
    expect(answer.json(), answer.body).toEqual({ status: 'ok' });
  }

  /** A phone that was offered the bundle, and what it says then. */
  async phone(actions: readonly string[], change: object = {}): Promise<string> {
    const device_id = this.newId();
    expect(await this.check(device_id, change)).toMatchObject({ version: '1.1.0' });
    for (const action of actions) await this.report(device_id, action, '1.1.0', change);
    return device_id;
  }

  /** What is written behind is written. */
  async settle(): Promise<void> {
    const { sightings, served, recorder } = this.server.parts;
    await sightings.flush();
    await served.flush();
    await recorder.drain();
  }

  async read(path: string, query: Record<string, string> = {}, status = 200) {
    await this.settle();
    const url = `/app/${this.app_id}/${path}?${new URLSearchParams(query)}`;
    const answer = await this.server.app.inject({ url, headers: this.headers() });
    expect(answer.statusCode, answer.body).toBe(status);
    return answer.json();
  }

  total = async (query: Record<string, string> = {}) => (await this.read('outcomes', query)).total;
}
