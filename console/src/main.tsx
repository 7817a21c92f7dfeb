// The page begins: words of the visitor's language, the cache, the addresses.

import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/query-client.ts';
import { router } from './routes.tsx';
import { reloadForNewBuild } from './shell/new-build.ts';
import { Look } from './ui/look.tsx';
import { preferredLanguage } from './words/language.ts';
import { loadWords, WordsProvider } from './words/words.tsx';

reloadForNewBuild();
const words = await loadWords(preferredLanguage());
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <Look>
      <WordsProvider first={words}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </WordsProvider>
    </Look>
  </StrictMode>,
);
