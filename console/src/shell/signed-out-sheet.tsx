// The session ended while the page was open: a sheet over it, so that what was typed stays.

import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { sessionEnded } from '../api/signed-out.ts';
import { Sheet } from '../ui/sheet.tsx';
import { Skeleton } from '../ui/states.tsx';
import { useWords } from '../words/words.tsx';

const SignInForm = lazy(() =>
  import('../pages/sign-in/sign-in-form.tsx').then((page) => ({ default: page.SignInForm })),
);

export function SignedOutSheet() {
  const { t } = useWords();
  const cache = useQueryClient();
  if (!sessionEnded.use()) return null;
  return (
    <Sheet title={t('signedOut.title')}>
      <p>{t('signedOut.sentence')}</p>
      <Suspense fallback={<Skeleton />}>
        <SignInForm
          returnTo={location.pathname + location.search}
          onDone={() => {
            sessionEnded.set(false);
            void cache.invalidateQueries();
          }}
        />
      </Suspense>
    </Sheet>
  );
}
