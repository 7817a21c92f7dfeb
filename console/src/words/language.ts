// The languages of the console, and which one a visitor reads.

export const LANGUAGES = { en: 'English', de: 'Deutsch', zh: '中文' } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = 'overair-language';
const isLanguage = (text: string | null | undefined): text is Language => text != null && text in LANGUAGES;

/** What the visitor chose here, else what their browser asks for first. */
export function preferredLanguage(): Language {
  const kept = readKept();
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';
}

/** The language of a tag such as `de-AT`, where the console speaks it. */
export const languageOf = (tag: string | null | undefined): Language | undefined =>
  [tag?.slice(0, 2).toLowerCase()].find(isLanguage);

function readKept(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    // A browser that keeps nothing for us: the choice holds until the page is closed.
    return null;
  }
}

export function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // As above.
  }
}
