// Across every page while a guard's act waits for an answer.

import type { Matter } from '@overair/protocol/manage/attention';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { useOpenMatters } from '../api/needs.ts';
import { Icon } from '../ui/icons.tsx';
import { matterSentence } from '../words/matters.ts';
import { useWords } from '../words/words.tsx';
import { MatterLink } from './matter-link.tsx';
import styles from './red-bar.module.css';

export function RedBar() {
  const acted = (useOpenMatters() ?? []).filter(({ kind }) => kind === 'guard_acted');
  return (
    // Always there, so that what is put into it is read out at once.
    <div role="alert" className={styles['bar']}>
      {acted.map((matter) => (
        <One key={matter.id} matter={matter} />
      ))}
    </div>
  );
}

function One({ matter }: { matter: Matter }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const acknowledge = useMutation({
    mutationFn: () => api.attention.acknowledge(matter.id),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['attention'] }),
  });
  return (
    <p>
      <Icon name="bad" />
      <span>{matterSentence(matter, t)}</span>
      <MatterLink matter={matter}>{t('redBar.look')}</MatterLink>
      <button type="button" onClick={() => acknowledge.mutate()} disabled={acknowledge.isPending}>
        {t('redBar.acknowledge')}
      </button>
    </p>
  );
}
