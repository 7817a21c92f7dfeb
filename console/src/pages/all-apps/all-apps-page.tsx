// Does anything need me?

import type { App } from '@overair/protocol/manage/app';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type AppNeeds, useNeeds } from '../../api/needs.ts';
import { apps, me } from '../../api/queries.ts';
import { serverUrl } from '../../base-path.ts';
import { Icon } from '../../ui/icons.tsx';
import { Page, Panel, Verdict } from '../../ui/page.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './all-apps.module.css';
import { AppCard } from './app-card.tsx';
import { ClosedOrganizations } from './closed-organizations.tsx';

export function AllAppsPage() {
  const { t } = useWords();
  const query = useQuery(apps);
  const { data: person } = useQuery(me);
  const needs = useNeeds();
  return (
    <Page title={t('allApps.title')}>
      <ClosedOrganizations organizations={person?.organizations ?? []} />
      <Answered query={query} rows={4}>
        {(all) => (all.length === 0 ? <NoApp /> : <Apps all={all} needs={needs} />)}
      </Answered>
    </Page>
  );
}

function Apps({ all, needs }: { all: readonly App[]; needs: readonly AppNeeds[] }) {
  const { t } = useWords();
  const urgent = needs.filter((each) => each.needs.some(({ kind }) => kind === 'acted'));
  const weight = ({ app_id }: App) => (needs.some((each) => each.app_id === app_id) ? 0 : 1);
  const sorted = [...all].sort((a, b) => weight(a) - weight(b) || a.name.localeCompare(b.name));
  return (
    <>
      {urgent.length > 0 ? (
        <Verdict tone="bad" icon={<Icon name="bad" size={26} />}>
          {t('allApps.act', { count: urgent.length, app: nameOf(all, urgent[0]?.app_id) })}
        </Verdict>
      ) : needs.length > 0 ? (
        <Verdict tone="warn" icon={<Icon name="warn" size={26} />}>
          {t('allApps.watch', { count: needs.length, app: nameOf(all, needs[0]?.app_id) })}
        </Verdict>
      ) : (
        <Verdict tone="good" icon={<Icon name="good" size={26} />}>
          {t('allApps.well', { count: all.length })}
        </Verdict>
      )}
      <ul className={styles['apps']}>
        {sorted.map((app) => (
          <li key={app.app_id}>
            <AppCard app={app} needs={needs.find(({ app_id }) => app_id === app.app_id)?.needs ?? []} />
          </li>
        ))}
      </ul>
    </>
  );
}

const nameOf = (all: readonly App[], app_id = '') => all.find((app) => app.app_id === app_id)?.name ?? app_id;

function NoApp() {
  const { t } = useWords();
  return (
    <Panel>
      <Empty sentence={t('allApps.none')} command={`overair login --server ${serverUrl}\noverair init`}>
        <Link to="/setup">{t('allApps.none.help')}</Link>
      </Empty>
    </Panel>
  );
}
