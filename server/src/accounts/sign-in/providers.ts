// The owner's OIDC providers, and whom they may bring: people of an allowed domain whose address the provider has verified.

import type { BetterAuthOptions } from 'better-auth';

export interface Provider {
  /** As in the address that the provider sends people back to: `/session/callback/<id>`. */
  readonly id: string;
  /** On the button. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in for the first time with an address of one of these gets an account. None: nobody does. */
  readonly allowedDomains: readonly string[];
}

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
