// Is it delivered?

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { webhooks } from '../../api/organization-queries.ts';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { NewWebhook } from './new-webhook.tsx';
import { OneWebhook } from './one-webhook.tsx';

const route = getRouteApi('/signed-in/org/$org/webhooks');

export function WebhooksPage() {
  const { t } = useWords();
  const { org } = route.useParams();
  const query = useQuery(webhooks(org));
  return (
    <Page title={t('nav.webhooks')} lead={t('webhooks.lead')} actions={<NewWebhook org={org} />}>
      <Answered query={query} rows={3}>
        {(all) =>
          all.length === 0 ? (
            <Panel>
              <Empty
                sentence={t('webhooks.none')}
                command="overair webhook add https://example.com/hook --events releases,attention"
              />
            </Panel>
          ) : (
            all.map((webhook) => <OneWebhook key={webhook.id} org={org} webhook={webhook} />)
          )
        }
      </Answered>
    </Page>
  );
}
