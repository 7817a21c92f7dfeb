// The one promise that every push transport keeps, at a service that speaks the real protocol. Each transport's test calls it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostPool } from '../../net/post-pool.ts';
import { createVault } from '../../secrets.ts';
import type { Target } from '../audience/targets.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { Fields, type JsonObject } from '../fields.ts';
import type { PayloadContext } from '../message/content.ts';
import { type Kind, type Message, silentMessage } from '../message/message.ts';
import { Outgoing } from '../message/outgoing.ts';
import { sealAddress } from './sealed-address.ts';
import type { Built, Sender, SenderTools, Transport, TransportParts } from './transport.ts';

/** What the service is told to say about a device. */
export type Verdict = 'gone' | 'refused' | 'busy' | 'broken';

interface ServiceDevice {
  /** What it tells us to be reachable. */
  readonly registration: JsonObject;
  /** The texts that the service took for it. */
  received(): readonly string[];
  answers(verdict: Verdict): void;
}

/** A push service on loopback. */
interface Service {
  /** What an owner stores for it. */
  readonly credential: JsonObject;
  addDevice(): ServiceDevice;
  close(): Promise<void>;
}

const APP = 'com.example.app';
const SECRET = 'the secret of the suite';
const vault = createVault(SECRET);

export function describeTransport(
  open: (parts: TransportParts) => Transport,
  startService: () => Promise<Service>,
): void {
  const transport = open({ vault, secret: SECRET });
  const [platform] = transport.platforms;
  if (!platform) throw new Error('The transport reaches nobody');

  describe(`${transport.name} keeps the promise of a push transport`, () => {
    let service: Service;
    let credential: unknown;
    let sender: Sender;
    const newPool = (ca?: string) => new PostPool({ allowPrivate: true, ...(ca && { ca }) });
    const pool = newPool();
    const tools: SenderTools = { pool, newPool, token: (_, make) => make() };
    beforeAll(async () => {
      service = await startService();
      credential = transport.parseCredential(new Fields(service.credential, ''), true);
      sender = transport.open(credential, tools);
    });
    afterAll(async () => {
      await sender.close();
      await Promise.all([pool.close(), transport.close?.()]);
    });

    const addTarget = ({ registration }: ServiceDevice): Target => {
      const address = transport.readAddress(new Fields(registration, ''), true, credential);
      const sealed = sealAddress(vault, APP, address.secret);
      return { ...aTarget, platform, channel: transport.name, sealed, ...address.facts };
    };
    const build = (message: Message, target: Target, kind: Kind = 'notification') =>
      buildOne(transport, message, { ...aDelivery, target, kind });
    const send = async (message: Message, device: ServiceDevice) => {
      const target = addTarget(device);
      const { request } = requestOf(await build(message, target));
      expect(sender.route(request, target)).toMatchObject({ service: expect.any(String), host: expect.any(String) });
      return (await sender.send(request, target)).outcome;
    };

    it('delivers what a message says', async () => {
      const device = service.addDevice();
      expect(await send(saying('hello'), device)).toMatchObject({ class: 'ok' });
      expect(device.received()).toEqual(['hello']);
    });

    it('builds a batch in its order, each device in its language', async () => {
      const [first, second] = [service.addDevice(), service.addDevice()];
      const languages = { de: { content: 'hallo', title: undefined } };
      const message = saying('hello', { languages });
      const deliveries = [first, second, first].map((device, index): Delivery => {
        const language = index === 1 ? 'de-CH' : null;
        return { ...aDelivery, target: { ...addTarget(device), language } };
      });
      const built = await transport.build(outgoing(message), deliveries);
      for (const [index, each] of built.entries()) {
        await sender.send(requestOf(each).request, deliveries[index]?.target as Target);
      }
      expect([first.received(), second.received()]).toEqual([['hello', 'hello'], ['hallo']]);
    });

    const verdicts = [
      ['gone', { class: 'gone' }],
      ['refused', { class: 'refused', code: expect.any(Number), reason: expect.any(String) }],
      ['busy', { class: 'throttle', retryAfterMs: expect.any(Number) }],
      ['broken', { class: 'transient' }],
    ] as const;
    it.each(verdicts)('tells what it means that a device is %s', async (verdict, outcome) => {
      const device = service.addDevice();
      device.answers(verdict);
      expect(await send(saying('hello'), device)).toMatchObject(outcome);
    });

    it('says of an address that cannot be read that nothing was built, and builds the others', async () => {
      const [lost, well] = [service.addDevice(), service.addDevice()];
      const unreadable = { ...addTarget(lost), sealed: sealAddress(vault, 'com.example.other', 'x') };
      const deliveries = [unreadable, addTarget(well)].map((target) => ({ ...aDelivery, target }));
      const built = await transport.build(outgoing(saying('hello')), deliveries);
      expect(built[0]).toEqual({ attempt: { class: 'unbuilt', reason: expect.stringContaining('cannot be read') } });
      await sender.send(requestOf(built[1]).request, deliveries[1]?.target as Target);
      expect(well.received()).toEqual(['hello']);
    });

    it('refuses a payload that the service would not take, and sends none', async () => {
      const device = service.addDevice();
      const message = saying('x'.repeat(transport.limits.payloadBytes('notification') + 1));
      expect(() => transport.checkPayload(contextOf(message), 'notification', platform)).toThrow(
        expect.objectContaining({ code: 'push_too_large' }),
      );
      const built = await build(message, addTarget(device));
      expect(built).toEqual({ attempt: { class: 'unbuilt', reason: expect.stringContaining('too large') } });
    });

    it('shortens a text until the service takes it, where the caller allows that', async () => {
      const device = service.addDevice();
      const text = 'ä'.repeat(transport.limits.payloadBytes('notification'));
      expect(await send(saying(text, { auto_truncation: true }), device)).toMatchObject({ class: 'ok' });
      expect(device.received()[0]).toMatch(/^ä+…$/);
    });

    it('names the field of a credential that is missing, and repeats no secret', () => {
      for (const field of transport.secretFields.filter((name) => !transport.keptFields?.includes(name))) {
        for (const value of [undefined, 'not-the-secret-that-you-look-for']) {
          const input = replaced(service.credential, field, value);
          const parse = () => transport.parseCredential(new Fields(input, ''), true);
          expect(parse).toThrow(expect.objectContaining({ message: expect.stringContaining(field) }));
          expect(parse).not.toThrow(/not-the-secret/);
        }
      }
    });

    it('reads its own credential again after it was stored', () => {
      const stored: unknown = JSON.parse(JSON.stringify(credential));
      expect(Object.keys(stored as object)).toEqual(expect.arrayContaining([...transport.secretFields]));
      const again = transport.open(stored, tools);
      return again.close();
    });

    it('refuses a registration without an address', () => {
      const read = () => transport.readAddress(new Fields({}, ''), true, credential);
      expect(read).toThrow(expect.objectContaining({ code: 'push_field_missing' }));
    });

    it('gives the same device the same identity', () => {
      const { registration } = service.addDevice();
      const read = () => transport.readAddress(new Fields(registration, ''), true, credential).identity;
      expect(read()).toBe(read());
      const other = service.addDevice().registration;
      expect(transport.readAddress(new Fields(other, ''), true, credential).identity).not.toBe(read());
    });

    // The last: nobody is at home afterwards.
    it('takes a service that went away for a passing failure', async () => {
      const device = service.addDevice();
      const target = addTarget(device);
      const { request } = requestOf(await build(saying('hello'), target));
      await service.close();
      expect((await sender.send(request, target)).outcome).toMatchObject({ class: 'transient' });
    });
  });
}

const aTarget: Target = {
  id: 1,
  shard: 0,
  registration_id: '0123456789abcdef012',
  platform: 'android',
  channel: '',
  sealed: 'nothing that opens',
  voip_sealed: null,
  activity_sealed: null,
  bundle_id: null,
  language: null,
  browser: null,
  badge: 0,
  registered_at: new Date(),
  reports: false,
};

export const aDelivery = { target: aTarget, kind: 'notification', attempts: 0, fresh: true } as const;

/** A notification that every platform can show. */
function saying(text: string, options: Partial<Message['options']> = {}): Message {
  const web = { url: 'https://example.com/', alert: undefined, title: undefined, icon: undefined, image: undefined };
  return {
    ...silentMessage(['android', 'ios', 'web'], { msg_content: '', extras: undefined }, options),
    message: undefined,
    notification: {
      alert: text,
      android: undefined,
      ios: undefined,
      hmos: undefined,
      web: { ...web, extras: undefined },
    },
  };
}

const contextOf = (message: Message): PayloadContext => ({
  app: { app_key: 'k', name: 'Sample', default_url: null, default_icon: null, report_url: 'https://example.com/r' },
  message,
  msg_id: 1,
  shown_id: 1,
  created_at: new Date(),
  language: '',
});

const outgoing = (message: Message, leftMs = 3_600_000): Outgoing =>
  new Outgoing(APP, contextOf(message), new Date(Date.now() + leftMs));

/** What a transport builds for one device of the suite's app; an hour is left of the message unless told. */
export async function buildOne(
  transport: Transport,
  message: Message,
  delivery: Delivery,
  leftMs = 3_600_000,
): Promise<Built> {
  const [built] = await transport.build(outgoing(message, leftMs), [delivery]);
  if (!built) throw new Error('Nothing was built for the delivery');
  return built;
}

function requestOf(built: Built | undefined) {
  if (!built || 'attempt' in built) throw new Error(`Nothing was built: ${JSON.stringify(built)}`);
  return built;
}

/** The same with another value of a field, wherever in it the field is. */
function replaced(input: JsonObject, field: string, value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(input, (name, each) => (name === field ? value : each))) as JsonObject;
}
