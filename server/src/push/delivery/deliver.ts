// One attempt at a batch of deliveries: has the payloads built, sends them, and says what became of each.

import { storableText } from '../../storable-text.ts';
import { Outgoing } from '../message/outgoing.ts';
import { factsOf, type StoredMessage } from '../message/stored-message.ts';
import type { PushRoom } from '../room.ts';
import type { Outcome } from '../transports/outcome.ts';
import type { Built, Transport } from '../transports/transport.ts';
import type { Attempt, Delivery, Result } from './delivery.ts';
import { type Guard, openGuard } from './guard.ts';
import { judge } from './judge.ts';
import type { OpenSender } from './providers.ts';

const MAX_SAID = 200;

/** What a batch of one channel is sent with. */
interface Sending extends OpenSender {
  readonly guard: Guard;
}

/** A batch whose slow part, encryption, may already be under way while the batch before it is sent. */
export interface PreparedBatch {
  readonly deliveries: readonly Delivery[];
  readonly built: Promise<ReadonlyMap<Delivery, Built>>;
}

export class Deliverer {
  readonly #room: PushRoom;
  readonly #stored: StoredMessage;
  readonly #outgoing: Outgoing;

  constructor(room: PushRoom, stored: StoredMessage) {
    const { app, message, msg_id, shown_id, created_at, expires_at } = stored;
    const context = { app: factsOf(app, room.reportUrl), message, msg_id, shown_id, created_at };
    this.#room = room;
    this.#stored = stored;
    this.#outgoing = new Outgoing(app.app_id, context, expires_at);
  }

  prepare(deliveries: readonly Delivery[]): PreparedBatch {
    const built = this.#build(deliveries);
    // A batch that is dropped before it is sent must not end the process.
    built.catch(() => undefined);
    return { deliveries, built };
  }

  /** Never throws for what a push service does. */
  async send({ deliveries, built }: PreparedBatch): Promise<readonly Result[]> {
    const ready = await built;
    const channels = [...Map.groupBy(deliveries, ({ target }) => target.channel)];
    const results = await Promise.all(
      channels.map(([channel, own]) => {
        const transport = this.#room.transports.find(channel);
        return transport ? this.#sendAll(transport, own, ready) : own.map(withoutTransport);
      }),
    );
    const judged = await judge(this.#room, this.#stored, results.flat());
    for (const { delivery, attempt } of judged)
      this.#room.metrics.push.of(delivery.target.channel, attempt.class).value++;
    return judged;
  }

  async #build(deliveries: readonly Delivery[]): Promise<ReadonlyMap<Delivery, Built>> {
    const channels = [...Map.groupBy(deliveries, ({ target }) => target.channel)];
    const parts = await Promise.all(
      channels.map(async ([channel, own]) => {
        const built = await this.#room.transports.find(channel)?.build(this.#outgoing, own);
        return (built ?? []).map((each, index) => [own[index] as Delivery, each] as const);
      }),
    );
    return new Map(parts.flat());
  }

  /** Sends with as many at once as the service allows; a pause that begins meanwhile defers the rest. */
  async #sendAll(
    transport: Transport,
    deliveries: readonly Delivery[],
    built: ReadonlyMap<Delivery, Built>,
  ): Promise<readonly Result[]> {
    const { app } = this.#stored;
    const results = await this.#room.providers.use(app.app_id, transport.name, async (open) => {
      const guard = await openGuard(this.#room, app, transport.name, open.version);
      return sendInLanes({ ...open, guard }, transport.limits.parallel, deliveries, built);
    });
    const attempt: Attempt = { class: 'unreachable', code: 0, reason: `the app has no ${transport.name} credential` };
    return results ?? deliveries.map((delivery) => ({ delivery, attempt }));
  }
}

async function sendInLanes(
  sending: Sending,
  parallel: number,
  deliveries: readonly Delivery[],
  built: ReadonlyMap<Delivery, Built>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async () => {
    for (let place = next++; place < deliveries.length; place = next++) {
      const delivery = deliveries[place] as Delivery;
      results[place] = await sendOne(sending, delivery, built.get(delivery));
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, deliveries.length) }, lane));
  return results;
}

async function sendOne({ sender, guard }: Sending, delivery: Delivery, built: Built | undefined): Promise<Result> {
  if (!built) throw new Error('A delivery was not built before it was sent');
  if ('attempt' in built) return { delivery, attempt: built.attempt };
  const { request, badge } = built;
  const way = sender.route(request, delivery.target);
  if ('attempt' in way) return { delivery, attempt: way.attempt };
  let learned: Result['learned'];
  const passed = await guard.pass(way, async () => {
    const sent = await sender.send(request, delivery.target);
    learned = sent.learned;
    return storable(sent.outcome);
  });
  return { delivery, ...passed, badge, learned };
}

/** What a service says is stored with a whole batch: a text that the database refuses would lose what became of all of it. */
const storable = (outcome: Outcome): Outcome => ({
  ...outcome,
  ...('reason' in outcome && { reason: storableText(outcome.reason, MAX_SAID) }),
  ...('id' in outcome && outcome.id !== undefined && { id: storableText(outcome.id, MAX_SAID) }),
});

const withoutTransport = (delivery: Delivery): Result => ({
  delivery,
  attempt: { class: 'unreachable', code: 0, reason: `there is no push transport ${delivery.target.channel}` },
});
