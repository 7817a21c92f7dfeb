// The provider refuses our credential before anything is sent: its key is unreadable, or no token is given for it.

export class ProviderAuthError extends Error {
  override readonly name = 'ProviderAuthError';
}
