// Which language the console speaks.

import { SelectField } from '../ui/field.tsx';
import { LANGUAGES, type Language } from '../words/language.ts';
import { useWords } from '../words/words.tsx';

const choices = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));

interface LanguageChoiceProps {
  readonly label?: string;
  /** Also told, for who is signed in: the choice then holds in every browser. */
  readonly onChange?: (language: Language) => void;
}

export function LanguageChoice({ label, onChange }: LanguageChoiceProps) {
  const { t, language, change } = useWords();
  return (
    <SelectField
      {...(label === undefined ? { 'aria-label': t('label.language'), label: undefined } : { label })}
      value={language}
      choices={choices}
      onChange={(value) => {
        void change(value as Language);
        onChange?.(value as Language);
      }}
    />
  );
}
