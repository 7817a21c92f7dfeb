// Short words about what was done, read out politely and gone after a while.

import { useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { Icon } from '../ui/icons.tsx';
import { sentenceOf } from '../words/error-sentence.ts';
import { useWords } from '../words/words.tsx';
import styles from './toasts.module.css';

const SHOWN_MS = 10_000;
interface Toast {
  readonly id: number;
  readonly text: string;
  /** What takes the deed back, for as long as the words stand. */
  readonly undo?: (() => Promise<unknown>) | undefined;
}
let toasts: readonly Toast[] = [];
let next = 0;
const listeners = new Set<() => void>();

function change(changed: typeof toasts): void {
  toasts = changed;
  for (const listener of listeners) listener();
}

const drop = (id: number) => change(toasts.filter((each) => each.id !== id));

export function say(text: string, undo?: () => Promise<unknown>): void {
  const id = next++;
  change([...toasts, { id, text, undo }]);
  setTimeout(() => drop(id), SHOWN_MS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const { t } = useWords();
  const cache = useQueryClient();
  const shown = useSyncExternalStore(subscribe, () => toasts);
  async function takeBack({ id, undo }: Toast) {
    drop(id);
    try {
      await undo?.();
      say(t('undo.done'));
    } catch (error) {
      say(sentenceOf(error, t).sentence);
    }
    await cache.invalidateQueries();
  }
  return (
    <div role="status" className={styles['toasts']}>
      {shown.map((toast) => (
        <p key={toast.id}>
          <Icon name="good" size={16} /> {toast.text}
          {toast.undo && (
            <button type="button" onClick={() => void takeBack(toast)}>
              {t('undo')}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}
