// How it will look, about: on a locked phone and in a browser, in each language.

import { useState } from 'react';
import { SelectField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './compose.module.css';
import type { Draft } from './draft.ts';

export function Previews({ name, draft }: { name: string; draft: Draft }) {
  const { t } = useWords();
  const [language, setLanguage] = useState('');
  const written = draft.translations.filter((each) => each.language.trim() !== '');
  const chosen = written.find((each) => each.language === language);
  const title = chosen?.title || draft.title;
  const text = chosen?.text || draft.text;
  return (
    <div className={styles['previews']}>
      {written.length > 0 && (
        <SelectField
          label={t('compose.preview.language')}
          value={chosen?.language ?? ''}
          choices={[
            { value: '', label: t('compose.preview.others') },
            ...written.map((each) => ({ value: each.language, label: each.language })),
          ]}
          onChange={setLanguage}
        />
      )}
      <Notification kind={t('compose.preview.phone')} from={name} title={title} text={text} />
      <Notification kind={t('compose.preview.browser')} from={hostOf(draft.url)} title={title || name} text={text} />
    </div>
  );
}

const hostOf = (url: string) => URL.parse(url)?.host ?? '…';

interface NotificationProps {
  readonly kind: string;
  readonly from: string;
  readonly title: string;
  readonly text: string;
}

function Notification({ kind, from, title, text }: NotificationProps) {
  const { t } = useWords();
  return (
    <figure className={styles['preview']}>
      <figcaption>{kind}</figcaption>
      <div className={styles['notification']}>
        <span className={styles['sign']} aria-hidden="true" />
        <div>
          <p className={styles['from']}>
            {from} <span>{t('compose.preview.now')}</span>
          </p>
          {title !== '' && <p className={styles['title']}>{title}</p>}
          <p className={styles['body']} data-empty={text === ''}>
            {text || t('compose.preview.empty')}
          </p>
        </div>
      </div>
    </figure>
  );
}
