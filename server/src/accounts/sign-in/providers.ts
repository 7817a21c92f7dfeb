// The owner's OIDC providers, and whom they may bring: people of an allowed domain whose address the provider has verified.

import type { BetterAuthOptions } from 'better-auth';
import type { Provider } from '../../oidc-settings.ts';

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

const refused = {
  error: 'sign_up_refused',
  errorDescription: 'No account has this address, and none is made for it: ask for an invitation',
};

/** For the library's `validateUserInfo`: what a provider's account may not become. Asked inside a transaction, so it asks nobody. */
export function admitNewcomers(providers: readonly Provider[]) {
  return ({ user, source }: Parameters<Validate>[0]): typeof refused | undefined => {
    if (source.action !== 'create-user') return undefined;
    const provider = providers.find(({ id }) => id === source.oauth?.providerId);
    const domain = user.email?.split('@').at(-1)?.toLowerCase() ?? '';
    return provider?.allowedDomains.includes(domain) && user.emailVerified === true ? undefined : refused;
  };
}
