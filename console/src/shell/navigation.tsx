// Where one can go: a column at the side; on a phone a bar at the bottom with the rest behind a button.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId } from 'react';
import { app as appQuery, me } from '../api/queries.ts';
import { Icon } from '../ui/icons.tsx';
import { useWords } from '../words/words.tsx';
import styles from './navigation.module.css';
import { APP_PLACES, ORGANIZATION_PLACES } from './places.ts';

interface Where {
  readonly app: string | undefined;
  readonly org: string | undefined;
}

/** The organization that is looked at; without one, each that the person may open. */
export function useOrganizations({ app, org }: Where): readonly { readonly id: string; readonly name: string }[] {
  const { data: person } = useQuery(me);
  const { data: owned } = useQuery({ ...appQuery(app ?? ''), enabled: app !== undefined });
  const all = person?.organizations.filter(({ is_open }) => is_open) ?? [];
  const wanted = org ?? owned?.owner_org;
  if (wanted !== undefined) return all.filter(({ id }) => id === wanted);
  return app === undefined ? all : [];
}

export function Navigation(where: Where) {
  const { t } = useWords();
  const { app } = where;
  const more = useId();
  return (
    <>
      <nav className={styles['column']} aria-label={t('nav.pages')}>
        <div>
          <Places {...where} />
        </div>
      </nav>
      <nav className={styles['bar']} aria-label={t('nav.pages')}>
        <ul>
          {app === undefined ? (
            <li>
              <Link to="/" activeOptions={{ exact: true }}>
                <Icon name="apps" />
                {t('nav.allApps')}
              </Link>
            </li>
          ) : (
            <AppPlaces app={app} isBar />
          )}
          <li>
            <button type="button" popoverTarget={more}>
              <Icon name="more" />
              {t('nav.more')}
            </button>
          </li>
        </ul>
        <div
          id={more}
          popover="auto"
          className={styles['more']}
          onClickCapture={(event) => {
            if ((event.target as Element).closest('a')) event.currentTarget.hidePopover();
          }}
        >
          <Places {...where} />
        </div>
      </nav>
    </>
  );
}

function Places(where: Where) {
  const { t } = useWords();
  const { app } = where;
  const organizations = useOrganizations(where);
  const { data: person } = useQuery(me);
  // Whose organization owns the server the page says itself.
  const isAdmin = person?.organizations.some(({ role }) => role === 'admin' || role === 'super_admin') ?? false;
  return (
    <>
      {app !== undefined && (
        <ul>
          <AppPlaces app={app} />
        </ul>
      )}
      {organizations.map(({ id, name }) => (
        <section key={id}>
          <h2>{name}</h2>
          <ul>
            <OrganizationPlaces org={id} />
          </ul>
        </section>
      ))}
      {isAdmin && (
        <ul>
          <li>
            <Link to="/server">
              <Icon name="server" />
              {t('nav.server')}
            </Link>
          </li>
        </ul>
      )}
    </>
  );
}

function AppPlaces({ app, isBar = false }: { app: string; isBar?: boolean }) {
  const { t } = useWords();
  return APP_PLACES.filter(({ isInBar }) => !isBar || isInBar).map(({ to, icon, label, isExact = false }) => (
    <li key={to}>
      <Link to={to} params={{ app }} activeOptions={{ exact: isExact, includeSearch: false }}>
        <Icon name={icon} />
        {t(label)}
      </Link>
    </li>
  ));
}

function OrganizationPlaces({ org }: { org: string }) {
  const { t } = useWords();
  return ORGANIZATION_PLACES.map(({ to, icon, label }) => (
    <li key={to}>
      <Link to={to} params={{ org }} activeOptions={{ includeSearch: false }}>
        <Icon name={icon} />
        {t(label)}
      </Link>
    </li>
  ));
}
