// An app whose channel is guarded, with devices that are offered its bundles and report about them, all through the doors.

import { expect } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { rolloutBucketOf } from '../../updates/rollout.ts';
import { guardReleases } from '../guard-releases.ts';
import { moveRamps } from '../move-ramps.ts';

const app_id = 'com.example.guarded';

export type GuardedApp = Awaited<ReturnType<typeof openGuardedApp>>;

export async function openGuardedApp() {
  const server = await startTestServer({ newDevicesPerHour: 0 });
  return { ...releasing(server), ...reporting(server), server, app_id, close: () => server.close() };
}

function releasing(server: TestServer) {
  async function manage(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object, status = 200) {
    const answer = await server.app.inject({
      method,
      url,
      headers: { authorization: server.adminKey },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });
    expect(answer.statusCode, answer.body).toBe(status);
    return answer.json();
  }
  const set = (settings: object, status = 200) =>
    manage('POST', '/channel', { app_id, channel: 'production', ...settings }, status);
  const releases = async () => (await manage('GET', `/release?app_id=${app_id}`)).data;

  return {
    manage,
    set,
    promote: (version: string) => set({ version }),
    /** To a share of 0.01 %, unless told otherwise. */
    rollOut: (rolloutVersion: string, rolloutPercentageBps = 1) =>
      set({ rolloutVersion, rolloutPercentageBps, rolloutEnabled: true }),
    rollBack: (status = 200) => manage('POST', '/rollback', { app_id, channel: 'production' }, status),
    channel: () => manage('GET', `/channel?app_id=${app_id}&channel=production`),
    releases,
    newest: async () => (await releases())[0],
    /** The newest release of a bundle. */
    releaseOf: async (bundle: string) => (await releases()).find((each: { bundle: string }) => each.bundle === bundle),
    /** `1.1.0 plain running`, newest first. */
    record: async (): Promise<string[]> =>
      (await releases()).map(({ bundle, kind, state }: Record<string, string>) => `${bundle} ${kind} ${state}`),
    async answer(bundle: string, answer: 'stop' | 'keep' | 'take_back', status = 200) {
      const { id } = (await releases()).find((each: { bundle: string }) => each.bundle === bundle);
      return manage('POST', '/release/guard', { app_id, release_id: id, answer }, status);
    },
    /** The app anew: its channel serves 1.0.0, and these bundles are there. */
    async begin(bundles = ['1.0.0', '1.1.0', '1.2.0']) {
      await server.database.db.deleteFrom('apps').where('app_id', '=', app_id).execute();
      await manage('POST', '/app', { app_id, name: 'Guarded', owner_org: server.orgId });
      for (const version of bundles) {
        const external_url = `https://cdn.test/${version}.zip`;
        await manage('POST', '/bundle', { app_id, version, external_url, checksum: 'a'.repeat(64) });
      }
      await set({ version: '1.0.0', public: true });
    },
  };
}

function reporting(server: TestServer) {
  let serial = 0;
  const newId = () => `00000000-0000-4000-8000-${String(serial++).padStart(12, '0')}`;
  const aPhone = (facts: object) => ({
    ...{ app_id, platform: 'android', plugin_version: '8.51.14', version_build: '1.0.0', version_os: '16' },
    ...facts,
  });
  const post = async (url: string, body: unknown) =>
    (await server.app.inject({ method: 'POST', url, payload: JSON.stringify(body) })).json();
  const ask = (device_id: string, version_name: string) => post('/updates', aPhone({ device_id, version_name }));
  const tell = (device_id: string, action: string, version_name: string, facts: object = {}) =>
    post('/stats', [aPhone({ device_id, action, version_name, ...facts })]);

  return {
    newId,
    ask,
    tell,
    /** What a device is offered that runs `version`, or the store's bundle; undefined: nothing. */
    offered: async (version = '0.9.0', id = newId()): Promise<string | undefined> => (await ask(id, version)).version,
    /** Devices that are offered the bundle and report these actions, one after the other. */
    async devices(count: number, version: string, ...actions: string[]): Promise<string[]> {
      const ids = Array.from({ length: count }, newId);
      for (const id of ids) {
        expect(await ask(id, '0.9.0')).toMatchObject({ version });
        for (const action of actions) await tell(id, action, version);
      }
      return ids;
    },
    /** The same, of devices that the channel's rollout includes. */
    async devicesInside(count: number, version: string, ...actions: string[]): Promise<string[]> {
      const channel = await server.app.inject({
        url: `/channel?app_id=${app_id}&channel=production`,
        headers: { authorization: server.adminKey },
      });
      const { rollout_id, rolloutPercentageBps } = channel.json();
      const ids: string[] = [];
      while (ids.length < count) {
        const id = newId();
        if (rolloutBucketOf(rollout_id, id) < rolloutPercentageBps) ids.push(id);
      }
      for (const id of ids) {
        expect(await ask(id, '0.9.0')).toMatchObject({ version });
        for (const action of actions) await tell(id, action, version);
      }
      return ids;
    },
    async guard(now = new Date(Date.now() + 1000)): Promise<void> {
      await server.parts.sightings.flush();
      await guardReleases(server.parts, now);
      await server.parts.snapshots.caughtUp();
    },
    /** Moves what is under a plan. */
    async ramp(now: Date): Promise<void> {
      await server.parts.sightings.flush();
      await moveRamps(server.parts, now);
      await server.parts.snapshots.caughtUp();
    },
  };
}
