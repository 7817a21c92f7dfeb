// Who is signed in, and the way to their account.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { me } from '../api/queries.ts';
import { Icon } from '../ui/icons.tsx';
import { useWords } from '../words/words.tsx';
import styles from './person-link.module.css';

export function PersonLink() {
  const { t } = useWords();
  const { data } = useQuery(me);
  const name = data?.person.name || data?.person.email || '';
  return (
    <Link to="/account" className={styles['person']} title={name} aria-label={t('nav.account', { name })}>
      <Icon name="person" />
    </Link>
  );
}
