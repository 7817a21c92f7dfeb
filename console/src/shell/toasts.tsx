// Short words about what was done, read out politely and gone after a while.

import { useSyncExternalStore } from 'react';
import { Icon } from '../ui/icons.tsx';
import styles from './toasts.module.css';

const SHOWN_MS = 10_000;
let toasts: readonly { readonly id: number; readonly text: string }[] = [];
let next = 0;
const listeners = new Set<() => void>();

function change(changed: typeof toasts): void {
  toasts = changed;
  for (const listener of listeners) listener();
}

export function say(text: string): void {
  const id = next++;
  change([...toasts, { id, text }]);
  setTimeout(() => change(toasts.filter((each) => each.id !== id)), SHOWN_MS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div role="status" className={styles['toasts']}>
      {shown.map(({ id, text }) => (
        <p key={id}>
          <Icon name="good" size={16} /> {text}
        </p>
      ))}
    </div>
  );
}
