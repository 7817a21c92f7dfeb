// Why there is nothing to send to a device, as a result instead of an exception.

import type { Vault } from '../../secrets.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { isRefusal } from '../refusals.ts';
import { openAddress } from './sealed-address.ts';
import type { Built } from './transport.ts';

/** The stored address of a device cannot be read: after a lost server secret that is all of them. */
class UnreadableAddressError extends Error {
  override readonly name = 'UnreadableAddressError';
}

/** What stands in the way of building a delivery. Throws what is a fault of the program. */
function unbuilt(error: unknown): Built<never> {
  if (!(error instanceof UnreadableAddressError) && !isRefusal(error)) throw error;
  return { attempt: { class: 'unbuilt', reason: (error as Error).message } };
}

/** Builds one delivery after the other; one that cannot be built does not stand in the way of the rest. */
export async function buildEach<R>(
  deliveries: readonly Delivery[],
  build: (delivery: Delivery) => Built<R>,
): Promise<readonly Built<R>[]> {
  return deliveries.map((delivery) => {
    try {
      return build(delivery);
    } catch (error) {
      return unbuilt(error);
    }
  });
}

/** Throws `UnreadableAddressError`. */
export function openToken(vault: Vault, app_id: string, sealed: string | null): string {
  try {
    return openAddress(vault, app_id, sealed ?? '');
  } catch (cause) {
    throw new UnreadableAddressError('the stored token cannot be read', { cause });
  }
}

export const unreachable = (reason: string): Built<never> => ({ attempt: { class: 'unreachable', code: 0, reason } });
