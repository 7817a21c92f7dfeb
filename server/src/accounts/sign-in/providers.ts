// The owner's OIDC providers, and whom they may bring: people of an allowed domain whose address the provider has verified.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { BetterAuthOptions } from 'better-auth';
import type { Provider } from '../../oidc-settings.ts';
import { normalEmail } from '../users.ts';

export const discoveryUrl = ({ issuer }: Provider) => `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;

export const providerConfig = (provider: Provider) => ({
  providerId: provider.id,
  name: provider.name,
  discoveryUrl: discoveryUrl(provider),
  clientId: provider.clientId,
  clientSecret: provider.clientSecret,
  scopes: ['openid', 'email', 'profile'],
  pkce: true,
  requireIdTokenVerification: true,
  // Signing out here signs nobody out of their company.
  disableProviderLogout: true,
});

type Validate = NonNullable<NonNullable<BetterAuthOptions['user']>['validateUserInfo']>;

const REFUSED = {
  error: 'sign_up_refused',
  errorDescription: 'No account has this address, and none is made for it: ask for an invitation',
};

const FOR_ANOTHER = {
  error: 'invitation_for_another_address',
  errorDescription: 'The invitation is for another address than the one that the provider has verified',
};

/** The address of the invitation that is being accepted: it gets an account, and no other does. */
export const invitedAddress = new AsyncLocalStorage<string | undefined>();

/** For the library's `validateUserInfo`: what a provider's account may not become. Asked inside a transaction, so it asks nobody. */
export function admitNewcomers(providers: readonly Provider[]) {
  return ({ user, source }: Parameters<Validate>[0]): { error: string; errorDescription: string } | undefined => {
    if (source.action !== 'create-user') return undefined;
    const invited = invitedAddress.getStore();
    if (invited !== undefined) {
      return user.emailVerified === true && normalEmail(user.email ?? '') === invited ? undefined : FOR_ANOTHER;
    }
    const provider = providers.find(({ id }) => id === source.oauth?.providerId);
    const domain = user.email?.split('@').at(-1)?.toLowerCase() ?? '';
    return provider?.allowedDomains.includes(domain) && user.emailVerified === true ? undefined : REFUSED;
  };
}
