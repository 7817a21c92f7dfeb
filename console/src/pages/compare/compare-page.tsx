// What is different?

import type { BundleComparison } from '@overair/protocol/manage/compare';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { bundles, comparison } from '../../api/queries.ts';
import { SelectField } from '../../ui/field.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { countOf, OUTCOME_WORDS, outcomeLabel } from '../../words/outcomes.ts';
import { useWords } from '../../words/words.tsx';
import styles from './compare.module.css';
import { DifferentFailures, DifferentFiles, DifferentPackages } from './differences.tsx';

const route = getRouteApi('/signed-in/app/$app/compare');

export function ComparePage() {
  const { t } = useWords();
  const { app } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data = [] } = useQuery(bundles(app));
  const names = data.map(({ name }) => name).filter((name) => name !== 'builtin' && name !== 'unknown');
  const b = search.b ?? names[0] ?? '';
  const a = search.a ?? names.find((name) => name !== b) ?? '';
  const query = useQuery({ ...comparison(app, a, b), enabled: a !== '' && b !== '' && a !== b });
  const choices = [...new Set([...names, a, b])].filter(Boolean).map((name) => ({ value: name, label: name }));
  return (
    <Page title={t('compare.title', { a, b })} tabTitle={`${t('compare')} · ${app}`} lead={t('compare.lead')}>
      <Panel>
        <div className={styles['choice']}>
          <SelectField
            label={t('compare.a')}
            value={a}
            choices={choices}
            onChange={(next) => void navigate({ search: { a: next, b }, replace: true })}
          />
          <SelectField
            label={t('compare.b')}
            value={b}
            choices={choices}
            onChange={(next) => void navigate({ search: { a, b: next }, replace: true })}
          />
        </div>
      </Panel>
      {a === b ? (
        <Panel>
          <p>{t('compare.same')}</p>
        </Panel>
      ) : (
        <Answered query={query} rows={5}>
          {(found) => (
            <>
              <SideBySide found={found} />
              <DifferentFailures found={found} />
              <DifferentPackages found={found} />
              <DifferentFiles found={found} />
            </>
          )}
        </Answered>
      )}
    </Page>
  );
}

interface Row {
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

function SideBySide({ found }: { found: BundleComparison }) {
  const { t, number, bytes, dateTime, duration } = useWords();
  const { a, b, age_seconds } = found;
  const both = (name: string, of: (side: BundleComparison['a']) => string): Row => ({ name, a: of(a), b: of(b) });
  const health = [a, b].every(({ outcomes }) => outcomes !== null)
    ? OUTCOME_WORDS.map((word) =>
        both(t(outcomeLabel[word]), ({ outcomes }) => (outcomes ? number(countOf(outcomes, word)) : '–')),
      )
    : [];
  const rows = [
    both(t('bundles.made'), ({ created_at }) => dateTime(created_at)),
    both(t('bundles.size'), ({ zip_bytes }) => (zip_bytes === null ? '–' : bytes(zip_bytes))),
    both(t('compare.files'), ({ files }) => (files === null ? '–' : number(files))),
    ...health,
  ];
  return (
    <Panel
      title={t('compare.side')}
      aside={age_seconds === null ? t('compare.noAge') : t('compare.age', { age: duration(age_seconds) })}
    >
      <Table
        caption={t('compare.side')}
        rows={rows}
        keyOf={({ name }) => name}
        columns={[
          { name: t('compare.what'), cell: ({ name }) => name },
          { name: a.bundle, isNumber: true, cell: (row) => row.a },
          { name: b.bundle, isNumber: true, cell: (row) => row.b },
        ]}
      />
    </Panel>
  );
}
