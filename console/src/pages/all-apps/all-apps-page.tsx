// Does anything need me?

import type { App } from '@overair/protocol/manage/app';
import type { Matter } from '@overair/protocol/manage/attention';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useOpenMatters } from '../../api/needs.ts';
import { apps, me } from '../../api/queries.ts';
import { serverUrl } from '../../base-path.ts';
import { MatterList } from '../../shell/matter-list.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Page, Panel, Verdict } from '../../ui/page.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { matterTone } from '../../words/matters.ts';
import { useWords } from '../../words/words.tsx';
import styles from './all-apps.module.css';
import { AppCard } from './app-card.tsx';
import { ClosedOrganizations } from './closed-organizations.tsx';

export function AllAppsPage() {
  const { t } = useWords();
  const query = useQuery(apps);
  const { data: person } = useQuery(me);
  const matters = useOpenMatters();
  return (
    <Page title={t('allApps.title')}>
      <ClosedOrganizations organizations={person?.organizations ?? []} />
      <Answered query={query} rows={4}>
        {(all) => (all.length === 0 ? <NoApp /> : <Apps all={all} matters={matters} />)}
      </Answered>
    </Page>
  );
}

function Apps({ all, matters = [] }: { all: readonly App[]; matters: readonly Matter[] | undefined }) {
  const first = (app: App) => matters.find(({ app_id }) => app_id === app.app_id);
  const weight = (app: App) => ({ critical: 0, warning: 1, notice: 2, none: 3 })[first(app)?.severity ?? 'none'];
  const sorted = [...all].sort((a, b) => weight(a) - weight(b) || a.name.localeCompare(b.name));
  return (
    <>
      <Answer all={all} matters={matters} />
      {/* Those of an app stand on its card. */}
      <MatterList matters={matters.filter(({ app_id }) => app_id === null)} />
      <ul className={styles['apps']}>
        {sorted.map((app) => (
          <li key={app.app_id}>
            <AppCard app={app} matter={first(app)} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** Does anything need me? In one sentence. */
function Answer({ all, matters }: { all: readonly App[]; matters: readonly Matter[] }) {
  const { t } = useWords();
  const critical = matters.filter(({ severity }) => severity === 'critical');
  const [first] = critical.length > 0 ? critical : matters;
  if (first === undefined) {
    return (
      <Verdict tone="good" icon={<Icon name="good" size={26} />}>
        {t('allApps.well', { count: all.length })}
      </Verdict>
    );
  }
  const count = critical.length || matters.length;
  return (
    <Verdict tone={matterTone(first)} icon={<Icon name={critical.length > 0 ? 'bad' : 'warn'} size={26} />}>
      {t(critical.length > 0 ? 'allApps.act' : 'allApps.watch', { count })}
    </Verdict>
  );
}

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
