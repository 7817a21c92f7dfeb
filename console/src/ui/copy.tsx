// Text to take away: a command, a key, lines of a file.

import { useState } from 'react';
import { useWords } from '../words/words.tsx';
import styles from './copy.module.css';
import { Icon } from './icons.tsx';

/** `label`: what it is, for the name of the button. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  const { t } = useWords();
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  async function copy() {
    // Browsers open the clipboard to pages of https and localhost alone.
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setState(done ? 'copied' : 'refused');
  }
  return (
    <div className={styles['block']}>
      {/* It scrolls sideways, so the keyboard has to reach it. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
      <pre tabIndex={0}>{text}</pre>
      <button type="button" onClick={copy} aria-label={t('action.copy.what', { what: label })}>
        <Icon name={state === 'copied' ? 'good' : 'copy'} size={16} />
        <span aria-live="polite">
          {state === 'copied' ? t('action.copied') : state === 'refused' ? t('action.copy.byHand') : t('action.copy')}
        </span>
      </button>
    </div>
  );
}
