// An address that leads nowhere.

import { Link } from '@tanstack/react-router';
import { Page } from '../ui/page.tsx';
import { useWords } from '../words/words.tsx';
import { Alone } from './alone.tsx';

export function NotFound() {
  const { t } = useWords();
  return (
    <Alone>
      <Page title={t('notFound.title')}>
        <p>{t('notFound.sentence')}</p>
        <p>
          <Link to="/">{t('notFound.back')}</Link>
        </p>
      </Page>
    </Alone>
  );
}
