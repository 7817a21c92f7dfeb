// What was sent to a webhook, the newest first, with another try for what failed.

import type { DeliveryStatus, WebhookDelivery } from '@overair/protocol/manage/webhook';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { deliveries } from '../../api/organization-queries.ts';
import { say } from '../../shell/toasts.tsx';
import { Button } from '../../ui/button.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import type { Tone } from '../../ui/page.tsx';
import { Fault, Skeleton } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import type { MessageId } from '../../words/words.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './webhooks.module.css';

const states: Readonly<Record<DeliveryStatus, { tone: Tone; id: MessageId }>> = {
  pending: { tone: 'neutral', id: 'webhooks.pending' },
  success: { tone: 'good', id: 'webhooks.success' },
  failed: { tone: 'bad', id: 'webhooks.failed' },
};

export function Deliveries({ org, webhookId }: { org: string; webhookId: string }) {
  const { t } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className={styles['deliveries']} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>{t('webhooks.deliveries')}</summary>
      {isOpen && <Log org={org} webhookId={webhookId} />}
    </details>
  );
}

function Log({ org, webhookId }: { org: string; webhookId: string }) {
  const { t } = useWords();
  const query = useInfiniteQuery(deliveries(org, webhookId));
  const rows = query.data?.pages.flatMap((page) => page.deliveries);
  const columns: Column<WebhookDelivery>[] = [
    { name: t('webhooks.event'), cell: ({ event_type }) => <code>{event_type}</code> },
    {
      name: t('label.state'),
      cell: ({ status }) => <Mark tone={states[status].tone}>{t(states[status].id)}</Mark>,
    },
    { name: t('webhooks.answer'), cell: (delivery) => <Answer delivery={delivery} /> },
    { name: t('label.when'), cell: ({ created_at }) => <Moment at={created_at} /> },
    {
      name: t('label.deed'),
      cell: (delivery) => (delivery.status === 'failed' ? <Retry org={org} id={delivery.id} /> : '–'),
    },
  ];
  return (
    <>
      {query.error && rows === undefined && <Fault error={query.error} onRetry={query.refetch} />}
      {rows === undefined && !query.error && <Skeleton rows={2} />}
      {rows?.length === 0 && <p>{t('webhooks.deliveries.none')}</p>}
      {rows !== undefined && rows.length > 0 && (
        <Table caption={t('webhooks.deliveries')} columns={columns} rows={rows} keyOf={({ id }) => id} />
      )}
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} isBusy={query.isFetchingNextPage}>
          {t('action.more')}
        </Button>
      )}
    </>
  );
}

function Answer({ delivery }: { delivery: WebhookDelivery }) {
  const { t } = useWords();
  const { response_status, attempt_count, max_attempts, next_retry_at } = delivery;
  return (
    <span>
      {response_status ?? '–'} · {t('webhooks.attempts', { count: attempt_count, most: max_attempts })}
      {next_retry_at !== null && (
        <>
          {' '}
          <Moment at={next_retry_at} />
        </>
      )}
    </span>
  );
}

function Retry({ org, id }: { org: string; id: string }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const retry = useMutation({
    mutationFn: () => api.webhooks.retryDelivery({ orgId: org, deliveryId: id }),
    async onSuccess() {
      say(t('webhooks.retried'));
      await cache.invalidateQueries({ queryKey: ['org', org, 'webhooks'] });
    },
  });
  return (
    <>
      <Button kind="quiet" isBusy={retry.isPending} onClick={() => retry.mutate()}>
        {t('webhooks.retry')}
      </Button>
      {retry.error && <Fault error={retry.error} />}
    </>
  );
}
