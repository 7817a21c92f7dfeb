// A webhook: how its last day went, its switch, a test, its deliveries.

import type { Webhook } from '@overair/protocol/manage/webhook';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { webhook as webhookQuery } from '../../api/organization-queries.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { ActSheet } from '../../shell/act-sheet.tsx';
import { say } from '../../shell/toasts.tsx';
import { Button } from '../../ui/button.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Panel } from '../../ui/page.tsx';
import { Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { Deliveries } from './deliveries.tsx';
import styles from './webhooks.module.css';

export function OneWebhook({ org, webhook }: { org: string; webhook: Webhook }) {
  const { t } = useWords();
  const { data } = useQuery(webhookQuery(org, webhook.id));
  const day = data?.stats_24h;
  const isFailing = day !== undefined && day.failed > 0;
  const tone = !webhook.enabled ? 'neutral' : isFailing ? 'bad' : 'good';
  const state = !webhook.enabled ? 'webhooks.off' : isFailing ? 'webhooks.failing' : 'webhooks.on';
  return (
    <Panel title={webhook.name} aside={<Mark tone={tone}>{t(state)}</Mark>}>
      <div className={styles['webhook']}>
        <p>
          <code>{webhook.url}</code>
        </p>
        <p className={styles['events']}>{t('webhooks.tells', { events: webhook.events.join(', ') })}</p>
        {day && <p>{t('webhooks.day', day)}</p>}
        <Acts org={org} webhook={webhook} />
        <Deliveries org={org} webhookId={webhook.id} />
      </div>
    </Panel>
  );
}

function Acts({ org, webhook }: { org: string; webhook: Webhook }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const obstacle = useOrganizationObstacle(org, 'admin');
  const refresh = () => cache.invalidateQueries({ queryKey: ['org', org, 'webhooks'] });
  const set = (enabled: boolean) => api.webhooks.update({ orgId: org, webhookId: webhook.id, enabled });
  const toggle = useMutation({
    mutationFn: () => set(!webhook.enabled),
    async onSuccess({ enabled, name }) {
      say(t(enabled ? 'webhooks.switchedOn' : 'webhooks.switchedOff', { name }), () => set(!enabled));
      await refresh();
    },
  });
  const test = useMutation({
    mutationFn: () => api.webhooks.test({ orgId: org, webhookId: webhook.id }),
    onSuccess: refresh,
  });
  return (
    <>
      <div className={styles['acts']}>
        <Button notNow={obstacle} isBusy={test.isPending} onClick={() => test.mutate()}>
          {t('webhooks.test')}
        </Button>
        <Button notNow={obstacle} isBusy={toggle.isPending} onClick={() => toggle.mutate()}>
          {t(webhook.enabled ? 'webhooks.switchOff' : 'webhooks.switchOn')}
        </Button>
        <DeleteWebhook org={org} webhook={webhook} obstacle={obstacle} />
      </div>
      {test.data && (
        <p role="status">
          <Mark tone={test.data.success ? 'good' : 'bad'}>
            {test.data.status === null
              ? t('webhooks.test.silent')
              : t('webhooks.test.answered', { status: test.data.status, ms: test.data.duration_ms })}
          </Mark>{' '}
          <span lang="en">{!test.data.success && test.data.message}</span>
        </p>
      )}
      {(test.error ?? toggle.error) && <Fault error={test.error ?? toggle.error} />}
    </>
  );
}

interface DeleteWebhookProps {
  readonly org: string;
  readonly webhook: Webhook;
  readonly obstacle: string | undefined;
}

function DeleteWebhook({ org, webhook: { id, name }, obstacle }: DeleteWebhookProps) {
  const { t } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  const body = { orgId: org, webhookId: id };
  return (
    <>
      <Button kind="quiet" notNow={obstacle} onClick={() => setIsOpen(true)}>
        {t('groups.delete')}
      </Button>
      {isOpen && (
        <ActSheet
          act={{
            title: t('webhooks.delete.title', { name }),
            consequence: t('webhooks.delete.consequence'),
            wayBack: t('webhooks.delete.wayBack'),
            confirm: t('groups.delete.confirm', { name }),
            isDanger: true,
            done: t('groups.delete.done', { name }),
            command: `overair webhook delete ${id} --org ${org}`,
            call: { method: 'DELETE', path: '/webhooks', body },
            run: () => api.webhooks.delete(body),
          }}
          onClose={() => setIsOpen(false)}
        />
      )}
    </>
  );
}
