// The stores' own machines run apps to review them. They are answered in the words of each route, and nothing of what they
// say is recorded: it is only counted as held back.

import type { ProviderNetworks } from '../../net/provider-networks.ts';
import type { AppState } from '../../updates/release-state.ts';
import type { Origin } from './question.ts';

export const originOf = (ip: string, providers: ProviderNetworks): Origin => ({ ip, provider: providers.of(ip) });

/** The one rule of all routes of this door; an app can let the stores in. */
export const isStoreMachine = (state: AppState, provider: Origin['provider']): boolean =>
  provider !== undefined && state.block_provider_infra_requests;
