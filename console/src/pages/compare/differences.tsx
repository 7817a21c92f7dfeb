// What one of two bundles has and the other has not: failures, native packages, files.

import type { BundleComparison } from '@overair/protocol/manage/compare';
import { Mark } from '../../ui/mark.tsx';
import { Panel, type Tone } from '../../ui/page.tsx';
import { Table } from '../../ui/table.tsx';
import type { MessageId } from '../../words/words.tsx';
import { useWords } from '../../words/words.tsx';

/** The counts above tell of the rest. */
const SHOWN = 200;

type Kind = 'added' | 'removed' | 'changed';
const kinds: Readonly<Record<Kind, { tone: Tone; id: MessageId }>> = {
  added: { tone: 'neutral', id: 'compare.added' },
  removed: { tone: 'neutral', id: 'compare.removed' },
  changed: { tone: 'warn', id: 'compare.changed' },
};

interface Row {
  readonly kind: Kind;
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

interface Found {
  readonly found: BundleComparison;
}

interface DifferencesProps extends Found {
  readonly title: string;
  readonly aside?: string;
  readonly rows: readonly Row[];
  /** What is new is bad, and what is gone is good. */
  readonly areFaults?: boolean;
}

const faultTone: Readonly<Record<Kind, Tone>> = { added: 'bad', removed: 'good', changed: 'warn' };

function Differences({ title, aside, rows, found, areFaults = false }: DifferencesProps) {
  const { t } = useWords();
  return (
    <Panel title={title} aside={aside}>
      {rows.length === 0 ? (
        <p>{t('compare.none')}</p>
      ) : (
        <Table
          caption={title}
          rows={rows.slice(0, SHOWN)}
          keyOf={({ kind, name }) => `${kind} ${name}`}
          columns={[
            { name: t('compare.what'), cell: ({ name }) => <code>{name}</code> },
            {
              name: t('label.state'),
              cell: ({ kind }) => (
                <Mark tone={areFaults ? faultTone[kind] : kinds[kind].tone}>{t(kinds[kind].id)}</Mark>
              ),
            },
            { name: found.a.bundle, isNumber: true, cell: (row) => row.a },
            { name: found.b.bundle, isNumber: true, cell: (row) => row.b },
          ]}
        />
      )}
    </Panel>
  );
}

export function DifferentFiles({ found }: Found) {
  const { t, bytes } = useWords();
  const { files, files_unknown } = found;
  if (files === null) {
    return (
      <Panel title={t('compare.files')}>
        <p lang="en">{files_unknown}</p>
      </Panel>
    );
  }
  const rows: Row[] = [
    ...files.added.map(({ file_name, size }) => ({ kind: 'added' as const, name: file_name, a: '–', b: bytes(size) })),
    ...files.removed.map(({ file_name, size }) => ({
      kind: 'removed' as const,
      name: file_name,
      a: bytes(size),
      b: '–',
    })),
    ...files.changed.map(({ file_name, size_a, size_b }) => ({
      kind: 'changed' as const,
      name: file_name,
      a: bytes(size_a),
      b: bytes(size_b),
    })),
  ];
  return (
    <Differences found={found} title={t('compare.files')} aside={t('compare.files.counts', files.counts)} rows={rows} />
  );
}

export function DifferentPackages({ found }: Found) {
  const { t } = useWords();
  const { native_packages: packages } = found;
  if (packages === null) return null;
  const rows: Row[] = [
    ...packages.added.map(({ name, version }) => ({ kind: 'added' as const, name, a: '–', b: version })),
    ...packages.removed.map(({ name, version }) => ({ kind: 'removed' as const, name, a: version, b: '–' })),
    ...packages.changed.map(({ name, version_a, version_b }) => ({
      kind: 'changed' as const,
      name,
      a: version_a,
      b: version_b,
    })),
  ];
  return <Differences found={found} title={t('compare.packages')} rows={rows} />;
}

export function DifferentFailures({ found }: Found) {
  const { t, number } = useWords();
  const { a_only, b_only } = found.failures;
  const rows: Row[] = [
    ...b_only.map((group) => ({ kind: 'added' as const, name: nameOf(group), a: '–', b: number(group.devices) })),
    ...a_only.map((group) => ({ kind: 'removed' as const, name: nameOf(group), a: number(group.devices), b: '–' })),
  ];
  return (
    <Differences
      found={found}
      areFaults
      title={t('compare.failures')}
      aside={t('compare.failures.aside')}
      rows={rows}
    />
  );
}

const nameOf = ({ action, message }: { action: string; message: string | null }) =>
  message === null ? action : `${action}: ${message}`;
