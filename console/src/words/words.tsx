// Every text, number and time of the console in the visitor's language. Texts are named by ids and stand in catalogue/.

import { type I18n, type Messages, setupI18n } from '@lingui/core';
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import type { MessageId } from './catalogue/en.ts';
import { type Formats, openFormats } from './formats.ts';
import { keepLanguage, type Language } from './language.ts';

export type { MessageId } from './catalogue/en.ts';
export type Values = Readonly<Record<string, string | number>>;
export type Translate = (id: MessageId, values?: Values) => string;

interface Words extends Formats {
  readonly language: Language;
  readonly t: Translate;
  readonly change: (language: Language) => Promise<void>;
}

const catalogues: Record<Language, () => Promise<{ messages: object }>> = {
  en: () => import('./catalogue/en.ts'),
  de: () => import('./catalogue/de.ts'),
  zh: () => import('./catalogue/zh.ts'),
};

export async function loadWords(language: Language): Promise<I18n> {
  const { messages } = await catalogues[language]();
  document.documentElement.lang = language;
  return setupI18n({ locale: language, messages: { [language]: messages as Messages } });
}

const Context = createContext<Words | undefined>(undefined);

/** `first`: what was loaded before the page began, so that nothing is drawn in the wrong language. */
export function WordsProvider({ first, children }: { first: I18n; children: ReactNode }) {
  const [i18n, setI18n] = useState(first);
  const words = useMemo((): Words => {
    const language = i18n.locale as Language;
    return {
      ...openFormats(language),
      language,
      t: (id, values) => i18n._(id, values),
      async change(next) {
        keepLanguage(next);
        setI18n(await loadWords(next));
      },
    };
  }, [i18n]);
  return <Context value={words}>{children}</Context>;
}

export function useWords(): Words {
  const words = useContext(Context);
  if (words === undefined) throw new Error('useWords needs a WordsProvider above it');
  return words;
}
