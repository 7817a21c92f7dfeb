// Who changed it?

import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { audit } from '../../api/organization-queries.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Empty, Fault, Skeleton } from '../../ui/states.tsx';
import { AUDIT_OPERATIONS, AUDIT_TABLES, chainSentence } from '../../words/audit.ts';
import { useWords } from '../../words/words.tsx';
import styles from './audit.module.css';
import type { AuditSearch } from './audit-search.ts';
import { DownloadCsv } from './download-csv.tsx';
import { Entry } from './entry.tsx';

const route = getRouteApi('/signed-in/org/$org/audit');

export function AuditPage() {
  const { t } = useWords();
  const { org } = route.useParams();
  const { about, kind } = route.useSearch();
  const filter = { tableName: about, operation: kind };
  const query = useInfiniteQuery(audit(org, filter));
  const rows = query.data?.pages.flatMap(({ data }) => data);
  const chain = query.data?.pages[0]?.chain;
  const seal = chain && chainSentence(chain);
  return (
    <Page
      title={t('nav.audit')}
      lead={seal ? <Mark tone={seal.tone}>{t(seal.id, seal.values)}</Mark> : t('audit.lead')}
      actions={<DownloadCsv org={org} filter={filter} />}
    >
      <Panel>
        <Filters />
      </Panel>
      <Panel>
        {query.error && rows === undefined && <Fault error={query.error} onRetry={query.refetch} />}
        {rows === undefined && !query.error && <Skeleton rows={8} />}
        {rows?.length === 0 && <Empty sentence={t('audit.none')} />}
        {rows !== undefined && rows.length > 0 && (
          <ol className={styles['entries']}>
            {rows.map((entry) => (
              <Entry key={entry.id} entry={entry} />
            ))}
          </ol>
        )}
        {query.hasNextPage && (
          <Button onClick={() => void query.fetchNextPage()} isBusy={query.isFetchingNextPage}>
            {t('action.more')}
          </Button>
        )}
      </Panel>
    </Page>
  );
}

function Filters() {
  const { t } = useWords();
  const { about = '', kind = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const set = (name: keyof AuditSearch, value: string) =>
    void navigate({
      search: ({ [name]: _, ...others }) => (value === '' ? others : { ...others, [name]: value }),
      replace: true,
    });
  const any = { value: '', label: t('audit.any') };
  return (
    <div className={styles['filters']}>
      <SelectField
        label={t('audit.about')}
        value={about}
        choices={[any, ...Object.entries(AUDIT_TABLES).map(([value, id]) => ({ value, label: t(id) }))]}
        onChange={(value) => set('about', value)}
      />
      <SelectField
        label={t('audit.kind')}
        value={kind}
        choices={[
          any,
          ...Object.entries(AUDIT_OPERATIONS).map(([value, id]) => ({ value, label: t(id, { what: '…' }) })),
        ]}
        onChange={(value) => set('kind', value)}
      />
    </div>
  );
}
