// Which app is looked at, and the way to another.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { apps } from '../api/queries.ts';
import { Icon } from '../ui/icons.tsx';
import { useWords } from '../words/words.tsx';
import styles from './app-switcher.module.css';

const LIST = 'app-switcher-list';

export function AppSwitcher({ app }: { app: string | undefined }) {
  const { t } = useWords();
  const { data = [] } = useQuery(apps);
  if (app === undefined) return <span className={styles['gap']} />;
  const name = data.find(({ app_id }) => app_id === app)?.name ?? app;
  return (
    <div className={styles['switcher']}>
      <button type="button" popoverTarget={LIST} aria-label={t('nav.switch', { app: name })}>
        <span className={styles['colour']} aria-hidden="true" />
        <span className={styles['name']}>{name}</span>
        <Icon name="next" size={14} />
      </button>
      <div id={LIST} popover="auto" className={styles['list']}>
        <ul>
          {data.map(({ app_id, name: each }) => (
            <li key={app_id}>
              <Link
                to="/app/$app"
                params={{ app: app_id }}
                onClick={() => document.getElementById(LIST)?.hidePopover()}
              >
                <strong>{each}</strong>
                <span>{app_id}</span>
              </Link>
            </li>
          ))}
          <li>
            <Link to="/">{t('nav.allApps')}</Link>
          </li>
        </ul>
      </div>
    </div>
  );
}
