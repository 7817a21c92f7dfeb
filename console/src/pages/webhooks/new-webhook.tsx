// A new webhook: where to, and of what. Its signing secret is shown once.

import type { WebhookEvent } from '@overair/protocol/manage/webhook';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { useProof } from '../../shell/step-up.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { CheckField, TextField } from '../../ui/field.tsx';
import { MakeOnce } from '../../ui/make-once.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './webhooks.module.css';

const EVENTS: readonly WebhookEvent[] = [
  'releases',
  'attention',
  'app_versions',
  'channels',
  'rollouts',
  'devices',
  'apps',
  'org_users',
  'orgs',
  'push_credentials',
];

/** How a receiver proves that a delivery is ours. Source: docs/protocol/management.md §10. */
const CHECK = `// Node: body is the raw text of the request
const [ts, mac] = signature.slice('v1='.length).split('.');
const own = createHmac('sha256', SECRET).update(\`\${ts}.\${body}\`).digest('hex');
if (!timingSafeEqual(Buffer.from(own), Buffer.from(mac))) throw new Error('not ours');`;

interface Made {
  readonly name: string;
  readonly secret: string;
}

export function NewWebhook({ org }: { org: string }) {
  const { t } = useWords();
  return (
    <MakeOnce<Made>
      label={t('webhooks.new')}
      notNow={useOrganizationObstacle(org, 'admin')}
      sheet={(then) => <NewWebhookSheet org={org} {...then} />}
      shown={({ name, secret }) => ({
        title: t('webhooks.made', { name }),
        sentence: t('webhooks.made.sentence'),
        parts: [
          { label: t('webhooks.check'), text: CHECK },
          { label: t('webhooks.secret'), text: secret },
        ],
      })}
    />
  );
}

interface NewWebhookSheetProps {
  readonly org: string;
  readonly onClose: () => void;
  readonly onMade: (made: Made) => void;
}

function NewWebhookSheet({ org, onClose, onMade }: NewWebhookSheetProps) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<readonly WebhookEvent[]>(['releases', 'attention']);
  const make = useMutation({
    async mutationFn() {
      const body = { orgId: org, name: name.trim(), url: url.trim(), events: [...events] };
      const { secret } = await prove(() => api.webhooks.create(body));
      onMade({ name: body.name, secret });
      await cache.invalidateQueries({ queryKey: ['org', org, 'webhooks'] });
    },
  });
  return (
    <Sheet title={t('webhooks.new')} onClose={onClose}>
      <ActForm
        act={make}
        submit={t('webhooks.submit')}
        notNow={events.length === 0 ? t('webhooks.needsEvent') : undefined}
      >
        <TextField label={t('label.name')} required value={name} onChange={setName} />
        <TextField
          label={t('webhooks.url')}
          help={t('webhooks.url.help')}
          type="url"
          required
          value={url}
          onChange={setUrl}
        />
        <fieldset className={styles['choices']}>
          <legend>{t('webhooks.of')}</legend>
          {EVENTS.map((event) => (
            <CheckField
              key={event}
              label={t(`webhooks.event.${event}`)}
              help={event}
              isOn={events.includes(event)}
              onChange={(isOn) => setEvents(isOn ? [...events, event] : events.filter((each) => each !== event))}
            />
          ))}
        </fieldset>
      </ActForm>
    </Sheet>
  );
}
