// Across every page while a guard's act waits for an answer.

import { Link } from '@tanstack/react-router';
import { useNeeds } from '../api/needs.ts';
import { Icon } from '../ui/icons.tsx';
import { actedBriefly } from '../words/release-sentences.ts';
import { useWords } from '../words/words.tsx';
import styles from './red-bar.module.css';

export function RedBar() {
  const { t } = useWords();
  const acted = useNeeds().flatMap(({ app_id, needs }) =>
    needs.filter(({ kind }) => kind === 'acted').map(({ release }) => ({ app_id, release })),
  );
  return (
    // Always there, so that what is put into it is read out at once.
    <div role="alert" className={styles['bar']} data-is-empty={acted.length === 0}>
      {acted.map(({ app_id, release }) => (
        <p key={release.id}>
          <Icon name="bad" />
          <span>
            <strong>{app_id}</strong>: {actedBriefly(release, t)}
          </span>
          <Link to="/app/$app/releases/$id" params={{ app: app_id, id: String(release.id) }}>
            {t('redBar.look')}
          </Link>
        </p>
      ))}
    </div>
  );
}
