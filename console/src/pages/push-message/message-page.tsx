// Did this message arrive?

import type { PushMessageDetail } from '@overair/protocol/manage/push-send';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { pushMessage } from '../../api/push-queries.ts';
import { Funnel } from '../../ui/funnel.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Facts, Page, Panel, type Tone, Verdict } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { arrivalOf, audienceSentence } from '../../words/push.ts';
import { useWords } from '../../words/words.tsx';
import { Failures, Services, Skipped } from './delivery-parts.tsx';
import { GroupNumbers } from './group-numbers.tsx';

const route = getRouteApi('/signed-in/app/$app/push/$message');

export function MessagePage() {
  const { t } = useWords();
  const { app, message: msg_id } = route.useParams();
  const query = useQuery(pushMessage(app, msg_id));
  const title = query.data?.title ?? query.data?.text ?? (query.data ? t('push.silent') : t('push.message'));
  return (
    <Page title={title} tabTitle={`${title} · ${app}`} lead={query.data?.title ? query.data.text : undefined}>
      <Answered query={query} rows={5}>
        {(message) => <Message app={app} message={message} />}
      </Answered>
    </Page>
  );
}

const icons = { good: 'good', warn: 'warn', bad: 'bad', neutral: 'wait' } as const satisfies Record<Tone, string>;

function Message({ app, message }: { app: string; message: PushMessageDetail }) {
  const { t } = useWords();
  const { tone, id, values } = arrivalOf(message);
  return (
    <>
      <Verdict tone={tone} icon={<Icon name={icons[tone]} size={26} />} sub={t('push.arrival.sub')}>
        {t(id, values)}
      </Verdict>
      <Panel title={t('push.funnel')} aside={t('push.funnel.aside')}>
        <MessageFunnel counts={message} />
      </Panel>
      {message.group_msgid !== null && <GroupNumbers app={app} group_msgid={message.group_msgid} />}
      <Failures reasons={message.reasons} />
      <Services buckets={message.buckets} />
      <Skipped skipped={message.skipped} />
      <Panel title={t('release.facts')}>
        <Facts
          facts={[
            [t('push.to'), audienceSentence(message.audience, t)],
            [t('label.by'), message.sender || '–'],
            [t('label.when'), <Moment key="at" at={message.created_at} />],
            [t('push.until'), <Moment key="until" at={message.expires_at} />],
            [t('push.id'), <code key="id">{message.msg_id}</code>],
          ]}
        />
      </Panel>
    </>
  );
}

export function MessageFunnel({
  counts: { targets, sent, delivered, impressions, clicks, failed },
}: {
  counts: Pick<PushMessageDetail, 'targets' | 'sent' | 'delivered' | 'impressions' | 'clicks' | 'failed'>;
}) {
  const { t } = useWords();
  return (
    <Funnel
      stages={[
        { name: t('push.targets'), count: targets },
        { name: t('push.sent'), count: sent },
        { name: t('push.delivered'), count: delivered },
        { name: t('push.shown'), count: impressions },
        { name: t('push.clicked'), count: clicks, tone: 'good' },
        { name: t('push.failed'), count: failed, tone: 'bad' },
      ]}
    />
  );
}
