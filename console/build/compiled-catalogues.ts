// Compiles the ICU texts of src/words/catalogue while the page is built, so that no parser of ICU travels to the browser.

import { compileMessage } from '@lingui/message-utils/compileMessage';
import type { Plugin } from 'vite';

const CATALOGUE = /\/src\/words\/catalogue\/[a-z]{2}\.ts$/;

export function compiledCatalogues(): Plugin {
  return {
    name: 'compiled-catalogues',
    enforce: 'pre',
    async transform(_code, id) {
      if (!CATALOGUE.test(id)) return undefined;
      // Another address for each run, or `--watch` would keep the first texts.
      const { messages } = (await import(`file://${id}?${Date.now()}`)) as { messages: Record<string, string> };
      const compiled = Object.entries(messages).map(([key, text]) => [key, compileMessage(text)]);
      return { code: `export const messages = ${JSON.stringify(Object.fromEntries(compiled))};`, map: null };
    },
  };
}
