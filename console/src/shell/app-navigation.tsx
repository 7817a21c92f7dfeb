// The pages of one app: a column at the side, a bar at the bottom of a phone.

import { Link } from '@tanstack/react-router';
import { Icon } from '../ui/icons.tsx';
import { useWords } from '../words/words.tsx';
import styles from './app-navigation.module.css';
import { APP_PAGES } from './app-pages.ts';

export function AppNavigation({ app }: { app: string }) {
  const { t } = useWords();
  return (
    <nav className={styles['nav']} aria-label={t('nav.ofApp')}>
      <ul>
        {APP_PAGES.map(({ to, icon, label, isExact }) => (
          <li key={to}>
            <Link to={to} params={{ app }} activeOptions={{ exact: isExact, includeSearch: false }}>
              <Icon name={icon} />
              {t(label)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
