// The entries that fit the filters as a table for a spreadsheet, the newest thousand.

import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';

const PAGE_SIZE = 100;
const PAGES = 10;

interface DownloadCsvProps {
  readonly org: string;
  readonly filter: { readonly tableName: string | undefined; readonly operation: string | undefined };
}

export function DownloadCsv({ org, filter: { tableName, operation } }: DownloadCsvProps) {
  const { t } = useWords();
  const download = useMutation({
    async mutationFn() {
      const lines = [['id', 'at', 'table', 'record', 'operation', 'by', 'key', 'address', 'changed']];
      let before: number | undefined;
      for (let page = 0; page < PAGES; page += 1) {
        const { data } = await api.organizations.audit({
          orgId: org,
          limit: PAGE_SIZE,
          ...(tableName !== undefined && { tableName }),
          ...(operation !== undefined && { operation }),
          ...(before !== undefined && { before }),
        });
        for (const entry of data) {
          lines.push([
            String(entry.id),
            entry.created_at,
            entry.table_name,
            entry.record_id,
            entry.operation,
            entry.actor_user_email ?? entry.actor_type,
            entry.actor_apikey_name ?? '',
            entry.actor_ip ?? '',
            (entry.changed_fields ?? []).join(' '),
          ]);
        }
        before = data.at(-1)?.id;
        if (data.length < PAGE_SIZE) break;
      }
      save('audit.csv', lines.map((line) => line.map(cell).join(',')).join('\r\n'));
    },
  });
  return (
    <>
      <Button isBusy={download.isPending} onClick={() => download.mutate()}>
        {t('audit.csv')}
      </Button>
      {download.error && <Fault error={download.error} />}
    </>
  );
}

/** A text that a spreadsheet would take for a formula begins with a quote. */
function cell(text: string): string {
  const safe = text.replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
