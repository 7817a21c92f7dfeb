// Title, text and link, and the same in other languages.

import { Button } from '../../ui/button.tsx';
import { TextAreaField, TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icons.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './compose.module.css';
import type { Draft, Translation } from './draft.ts';

interface TextFieldsProps {
  readonly draft: Draft;
  readonly onChange: (part: Partial<Draft>) => void;
}

export function TextFields({ draft, onChange }: TextFieldsProps) {
  const { t } = useWords();
  const { title, text, url, translations } = draft;
  const translate = (at: number, part: Partial<Translation>) =>
    onChange({ translations: translations.map((each, index) => (index === at ? { ...each, ...part } : each)) });
  return (
    <div className={styles['fields']}>
      <TextField label={t('compose.field.title')} value={title} onChange={(value) => onChange({ title: value })} />
      <TextAreaField label={t('compose.field.text')} value={text} onChange={(value) => onChange({ text: value })} />
      <TextField
        label={t('compose.field.url')}
        help={t('compose.field.url.help')}
        type="url"
        value={url}
        onChange={(value) => onChange({ url: value })}
      />
      {translations.map((each, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are added at the end, and have no other name
        <fieldset key={at} className={styles['language']}>
          <legend>{t('compose.language', { language: each.language || '…' })}</legend>
          <TextField
            label={t('compose.field.language')}
            help={t('compose.field.language.help')}
            value={each.language}
            autoCapitalize="none"
            spellCheck={false}
            onChange={(language) => translate(at, { language })}
          />
          <TextField
            label={t('compose.field.title')}
            value={each.title}
            onChange={(value) => translate(at, { title: value })}
          />
          <TextAreaField
            label={t('compose.field.text')}
            value={each.text}
            onChange={(value) => translate(at, { text: value })}
          />
          <Button
            kind="quiet"
            onClick={() => onChange({ translations: translations.filter((_, index) => index !== at) })}
          >
            {t('compose.language.remove')}
          </Button>
        </fieldset>
      ))}
      <div>
        <Button
          icon={<Icon name="plus" size={16} />}
          onClick={() => onChange({ translations: [...translations, { language: '', title: '', text: '' }] })}
        >
          {t('compose.language.add')}
        </Button>
      </div>
    </div>
  );
}
