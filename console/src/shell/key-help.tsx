// Which keys do what, and the switch for those that are a single letter.

import { useState } from 'react';
import { CheckField } from '../ui/field.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { useWords } from '../words/words.tsx';
import styles from './key-help.module.css';
import { lettersAreOn, switchLetters } from './keys.ts';
import { APP_PLACES, ORGANIZATION_PLACES } from './places.ts';

export function KeyHelp({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const [isOn, setIsOn] = useState(lettersAreOn);
  const keys: [string, string][] = [
    ['Ctrl/⌘ K', t('palette.title')],
    ['g a', t('nav.allApps')],
    ...[...APP_PLACES, ...ORGANIZATION_PLACES].map(({ letter, label }): [string, string] => [`g ${letter}`, t(label)]),
    ['g v', t('nav.server')],
    ['/', t('keys.search')],
    ['j  k', t('keys.rows')],
    ['.', t('command.copy')],
    ['?', t('keys.title')],
  ];
  return (
    <Sheet title={t('keys.title')} onClose={onClose}>
      <dl className={styles['keys']}>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <CheckField
        label={t('keys.letters')}
        isOn={isOn}
        onChange={(next) => {
          setIsOn(next);
          switchLetters(next);
        }}
      />
    </Sheet>
  );
}
