// Whether the session ended while the page was open: set by any answer that says so, ended by signing in again.

import { useSyncExternalStore } from 'react';

let hasEnded = false;
const listeners = new Set<() => void>();

export const sessionEnded = {
  set(value: boolean): void {
    hasEnded = value;
    for (const listener of listeners) listener();
  },
  use: (): boolean =>
    useSyncExternalStore(
      (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      () => hasEnded,
    ),
};
