// What a push service must be able to do: the seam between the fan-out and a socket. One folder below implements it for one service.

import type { PostPool } from '../../net/post-pool.ts';
import type { Vault } from '../../secrets.ts';
import type { Target } from '../audience/targets.ts';
import type { Attempt, Delivery, Way } from '../delivery/delivery.ts';
import type { Fields } from '../fields.ts';
import type { PayloadContext } from '../message/content.ts';
import type { Kind, Message } from '../message/message.ts';
import type { Outgoing } from '../message/outgoing.ts';
import type { Platform } from '../platforms.ts';
import type { DeviceFacts } from './device-facts.ts';
import type { Outcome } from './outcome.ts';

interface Limits {
  /** Requests under way at once for one batch. */
  readonly parallel: number;
  /** The largest payload of a kind that the service takes. */
  readonly payloadBytes: (kind: Kind) => number;
  /**
   * Devices that have to be refused alike before a credential that the service never accepted is to blame.
   * More than one where anybody can register a device without proof.
   */
  readonly refusalsToBlame: number;
}

/** Where a device is reached. */
export interface Address {
  /** What makes it the same device when it registers again. */
  readonly identity: string;
  /** What sending needs; it is stored sealed. */
  readonly secret: string;
  readonly facts: DeviceFacts;
}

/** What is sent to one device, or why nothing can be. */
export type Built<R = unknown> =
  | { readonly request: R; readonly badge?: number | undefined }
  | { readonly attempt: Extract<Attempt, { class: 'unbuilt' | 'unreachable' }> };

export interface Sent {
  readonly outcome: Outcome;
  /** What the service let us learn about the device, written to its row with the result. */
  readonly learned?: DeviceFacts;
}

/** What a sender is opened with. */
export interface SenderTools {
  /** Shared by all apps. */
  readonly pool: PostPool;
  /** A pool of the sender's own, which it closes: for a certificate authority, or connections that must not be shared. */
  newPool(ca?: string): PostPool;
  /** A provider token that is at most so old, shared with the other processes; `make` makes a new one. */
  token(maxAgeMs: number, make: () => Promise<string>): Promise<string>;
}

/** Sends with one app's credential, over connections that stay open. */
export interface Sender<R = unknown> {
  /** Whom the request goes to, or why it goes to nobody. */
  route(request: R, target: Target): Way | { readonly attempt: Attempt };
  /** Never throws for what the service does. */
  send(request: R, target: Target): Promise<Sent>;
  close(): Promise<void>;
}

/** `C` is the credential as it is stored sealed, `R` what is built for one device. */
export interface Transport<C = unknown, R = unknown> {
  /** The name of its credentials and registrations. */
  readonly name: string;
  /** How people call it. */
  readonly title: string;
  /** Whose devices it reaches; the first is the one that it is the usual way to. */
  readonly platforms: readonly Platform[];
  readonly limits: Limits;
  /** Columns of a device's row that `send` reads. */
  readonly deviceColumns: readonly (keyof DeviceFacts)[];

  /** Fields of a credential that are never shown again. */
  readonly secretFields: readonly string[];
  /** Fields of a stored credential that hold until the owner gives all of them anew. */
  readonly keptFields?: readonly string[];
  /** Checks an owner's input. Throws with the name of the field; never repeats a secret. */
  parseCredential(fields: Fields, allowPrivate: boolean): C;
  /** The key that clients need to register. */
  publicKey?(credential: C): string;

  /** Reads what a device says to be reachable. `credential` is that of its app, if there is one. */
  readAddress(fields: Fields, allowPrivate: boolean, credential: C | undefined): Address;
  /** What the row of a device has to say for this message to be meant for it. */
  restrict?(message: Message): DeviceFacts;

  /** Throws when the service would not take a payload of this kind. */
  checkPayload(context: PayloadContext, kind: Kind, platform: Platform): void;
  /** Builds a batch, in its order. Never throws for a single delivery. */
  build(outgoing: Outgoing, deliveries: readonly Delivery[]): Promise<readonly Built<R>[]>;
  open(credential: C, tools: SenderTools): Sender<R>;
  /** Ends what it keeps running. */
  close?(): Promise<void>;
}

/** What the transports of a process are made with. */
export interface TransportParts {
  readonly vault: Vault;
  /** The server's secret, for threads that open addresses themselves. */
  readonly secret: string;
}
