// Before a dangerous act the server asks for a fresh proof. The sheet asks the person, and the act is tried again.

import { ApiError } from '@overair/protocol/client';
import { createContext, lazy, type ReactNode, Suspense, useCallback, useContext, useState } from 'react';
import { Sheet } from '../ui/sheet.tsx';
import { Skeleton } from '../ui/states.tsx';
import { useWords } from '../words/words.tsx';

const ProofForm = lazy(() => import('../pages/sign-in/proof-form.tsx').then((page) => ({ default: page.ProofForm })));

interface Asked {
  readonly accepted: readonly string[];
  readonly answer: (hasProved: boolean) => void;
}

const Context = createContext<(accepted: readonly string[]) => Promise<boolean>>(async () => false);

export function StepUp({ children }: { children: ReactNode }) {
  const { t } = useWords();
  const [asked, setAsked] = useState<Asked>();
  const ask = useCallback(
    (accepted: readonly string[]) =>
      new Promise<boolean>((resolve) => {
        const answer = (hasProved: boolean) => {
          setAsked(undefined);
          resolve(hasProved);
        };
        setAsked({ accepted, answer });
      }),
    [],
  );
  return (
    <Context value={ask}>
      {children}
      {asked && (
        <Sheet title={t('stepUp.title')} onClose={() => asked.answer(false)}>
          <p>{t('stepUp.sentence')}</p>
          <Suspense fallback={<Skeleton />}>
            <ProofForm accepted={asked.accepted} onDone={() => asked.answer(true)} />
          </Suspense>
        </Sheet>
      )}
    </Context>
  );
}

/** Runs an act; where it wants a fresh proof, asks for one and runs it again. Who declines gets the server's refusal. */
export function useProof(): <Answer>(act: () => Promise<Answer>) => Promise<Answer> {
  const ask = useContext(Context);
  return useCallback(
    async (act) => {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'step_up_required') throw error;
        const { accepted } = error.moreInfo as { accepted?: string[] };
        if (!(await ask(accepted ?? ['password']))) throw error;
        return await act();
      }
    },
    [ask],
  );
}
