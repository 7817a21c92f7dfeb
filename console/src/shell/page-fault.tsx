// A page that could not be opened at all: what happened, and another try.

import { useRouter } from '@tanstack/react-router';
import { Page } from '../ui/page.tsx';
import { Fault } from '../ui/states.tsx';
import { useWords } from '../words/words.tsx';
import { Alone } from './alone.tsx';

export function PageFault({ error }: { error: unknown }) {
  const { t } = useWords();
  const router = useRouter();
  return (
    <Alone>
      <Page title={t('fault.title')}>
        <Fault error={error} onRetry={() => void router.invalidate()} />
      </Page>
    </Alone>
  );
}
