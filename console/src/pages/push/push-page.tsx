// Did it arrive?

import { ApiError } from '@overair/protocol/client';
import type { PushApp } from '@overair/protocol/manage/push';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { pushApp } from '../../api/push-queries.ts';
import { useObstacle } from '../../api/rights.ts';
import { ButtonLink } from '../../shell/button-link.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Page } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { Credentials } from './credentials.tsx';
import { Messages } from './messages.tsx';
import { TurnOnPush } from './turn-on-push.tsx';

const route = getRouteApi('/signed-in/app/$app/push');

export function PushPage() {
  const { t } = useWords();
  const { app } = route.useParams();
  const query = useQuery(pushApp(app));
  const isOff = query.error instanceof ApiError && query.error.code === 'push_not_enabled';
  return (
    <Page
      title={t('nav.push')}
      tabTitle={`${t('nav.push')} · ${app}`}
      lead={t('push.lead')}
      actions={query.data && <Compose app={app} />}
    >
      {isOff ? (
        <TurnOnPush app={app} />
      ) : (
        <Answered query={query} rows={5}>
          {(push: PushApp) => (
            <>
              <Messages app={app} />
              <Credentials app={app} push={push} />
            </>
          )}
        </Answered>
      )}
    </Page>
  );
}

function Compose({ app }: { app: string }) {
  const { t } = useWords();
  const obstacle = useObstacle(app, 'write');
  return (
    <>
      <ButtonLink>
        <Link to="/app/$app/push/audiences" params={{ app }}>
          {t('push.audiences')}
        </Link>
      </ButtonLink>
      <ButtonLink isMain notNow={obstacle}>
        <Link to="/app/$app/push/new" params={{ app }}>
          <Icon name="send" size={16} />
          {t('push.compose')}
        </Link>
      </ButtonLink>
    </>
  );
}
