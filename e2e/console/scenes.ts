// What an owner of some months would see: apps that are well, a release under way, one that its guard stopped, phones of every kind.

import { openPushServices, untilSent } from './push-devices.ts';
import { Phone, type World } from './world.ts';

export const SHOP = 'com.example.shop';
export const FIELD = 'com.example.field';
export const EMPTY = 'com.example.empty';

const WITHIN_MS = 180_000;

export interface Scene {
  readonly releaseOfShop: number;
  readonly stopped: number;
  readonly current: string;
  readonly refused: string;
  readonly message: string;
  readonly groupMessage: string;
  /** Ends what stands in for foreign services. */
  close(): Promise<void>;
}

/** Minutes may pass: the guard of the real server looks once a minute. */
export async function playScenes(world: World): Promise<Scene> {
  const { client, orgId: owner_org } = world;
  for (const [app_id, name] of [
    [SHOP, 'Shop'],
    [FIELD, 'Field service'],
    [EMPTY, 'Next big thing'],
  ] as const) {
    await client.apps.create({ app_id, name, owner_org });
  }
  const shop = await playShop(world);
  await playOrganization(world);
  const [stopped, push] = await Promise.all([playField(world), playPush(world)]);
  return { ...shop, ...push, stopped };
}

async function playShop(world: World) {
  const { client, server } = world;
  for (const version of ['1.3.9', '1.4.0', '1.4.1', '2.0.0']) await world.addBundle(SHOP, version);
  await client.channels.save({ app_id: SHOP, channel: 'production', public: true, version: '1.3.9' });
  await client.channels.save({ app_id: SHOP, channel: 'beta', allow_device_self_set: true, version: '1.4.1' });
  await client.channels.save({ app_id: SHOP, channel: 'internal', version: '2.0.0' });
  const phones = Array.from(
    { length: 60 },
    (_, n) =>
      new Phone(server.url, SHOP, {
        platform: n % 3 === 0 ? 'ios' : 'android',
        native: n % 10 === 0 ? '1.0.0' : '1.3.0',
        customId: n < 5 ? `till-${n + 1}` : '',
      }),
  );
  await Promise.all(phones.map((phone) => phone.update()));
  await client.channels.save({ app_id: SHOP, channel: 'production', version: '1.4.0' });
  await Promise.all(
    phones.map(async (phone, n) => {
      if (n < 44) await phone.update();
      else if (n < 48) await phone.ask();
      else if (n < 52) {
        await phone.ask();
        await phone.say('1.4.0', 'download_complete');
      } else if (n < 54) {
        await phone.ask();
        await phone.say('1.4.0', 'download_fail');
      }
    }),
  );
  const old = new Phone(server.url, SHOP, { platform: 'ios', native: '1.9.0', customId: 'museum-piece' });
  await old.ask();
  const [release] = await client.releases.list({ app_id: SHOP, channel: 'production' });
  return { releaseOfShop: release?.id ?? 0, current: phones[0]?.device_id ?? '', refused: old.device_id };
}

/** A release that fails everywhere, until its guard has stopped it. */
async function playField(world: World): Promise<number> {
  const { client, server } = world;
  for (const version of ['1.0.1', '1.1.0']) await world.addBundle(FIELD, version);
  await client.channels.save({ app_id: FIELD, channel: 'production', public: true, version: '1.0.1' });
  const phones = Array.from({ length: 40 }, () => new Phone(server.url, FIELD));
  await Promise.all(phones.map((phone) => phone.update()));
  await client.channels.save({ app_id: FIELD, channel: 'production', version: '1.1.0' });
  await Promise.all(
    phones.slice(0, 24).map(async (phone) => {
      const version = await phone.ask();
      if (version === '1.1.0') await phone.say(version, 'download_complete', 'set', 'update_fail');
    }),
  );
  return untilStopped(world, FIELD);
}

/** The id of the newest release, once its guard has stopped it. */
export async function untilStopped({ client }: World, app_id: string): Promise<number> {
  const deadline = Date.now() + WITHIN_MS;
  while (Date.now() < deadline) {
    const [release] = await client.releases.list({ app_id });
    if (release?.state === 'stopped') return release.id;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`The guard of ${app_id} did not act within ${WITHIN_MS / 1000} s`);
}

/** A sale that most saw and some clicked, and a word to all apps of a group. */
async function playPush(world: World) {
  const { client, orgId } = world;
  const services = await openPushServices(world);
  const keys = { shop: await services.setUp(SHOP), field: await services.setUp(FIELD) };
  const phones = [];
  for (let n = 0; n < 5; n += 1) phones.push(await services.addPhone(keys.shop, { alias: `till-${n + 1}` }));
  await services.addBrowser(keys.shop);
  await services.refuse(keys.shop);
  await services.addPhone(keys.field);
  const notification = { alert: 'Everything at half price until six', android: { title: 'Sale today' } };
  const push = { to: 'all', body: { platform: 'all', notification } };
  const { msg_id } = await client.push.send({ app_id: SHOP, push });
  await untilSent(world, SHOP, msg_id);
  for (const phone of phones.slice(0, 4)) await services.report(keys.shop, phone, msg_id, 'received', 'displayed');
  for (const phone of phones.slice(0, 2)) await services.report(keys.shop, phone, msg_id, 'clicked');
  await client.push.createSegment({ app_id: SHOP, name: 'Gold customers', audience: { tag: ['gold', 'platinum'] } });
  const { group_key } = await client.push.createGroup({ orgId, name: 'All our apps', app_ids: [SHOP, FIELD] });
  const hello = { to: 'all', body: { platform: 'all', notification: { alert: 'We move on Sunday from 2 to 4' } } };
  const { apps } = await client.push.sendToGroup({ orgId, group_key, push: hello });
  const own = apps.find(({ app_id }) => app_id === SHOP)?.msg_id ?? '';
  await untilSent(world, SHOP, own);
  return { message: msg_id, groupMessage: own, close: () => services.close() };
}

/** A colleague who is on the way, keys of programs, and a webhook whose receiver is away. */
async function playOrganization({ client, orgId }: World): Promise<void> {
  await client.organizations.invite({ orgId, email: 'colleague@example.com', invite_type: 'write' });
  const soon = new Date(Date.now() + 3 * 86_400_000).toISOString();
  await client.keys.create({
    name: 'ci',
    mode: 'upload',
    limited_to_orgs: [orgId],
    limited_to_apps: [SHOP],
    expires_at: soon,
  });
  await client.keys.create({ name: 'dashboard', mode: 'read', limited_to_orgs: [orgId] });
  const webhook = await client.webhooks.create({
    orgId,
    name: 'Chat',
    // Port 9 discards: nobody listens there.
    url: 'http://127.0.0.1:9/hook',
    events: ['releases', 'attention'],
  });
  await client.webhooks.test({ orgId, webhookId: webhook.id });
}
