// Names that push services know a delivery by: the same for every attempt, so that a repetition replaces itself.

import { createHash } from 'node:crypto';
import type { Kind } from '../message/message.ts';

/** A topic of at most 32 characters that every message replacing the same one shares. */
export const topicOf = (shownId: number): string =>
  createHash('sha256').update(String(shownId)).digest('base64url').slice(0, 32);

/** The same for every attempt at a delivery, so that Apple can drop a repetition. */
export function apnsId(msgId: number, registrationId: string, kind: Kind): string {
  const hex = createHash('sha256').update(`${msgId}:${registrationId}:${kind}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
