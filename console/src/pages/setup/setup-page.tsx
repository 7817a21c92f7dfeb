// What is the shortest way to the first phone? First the account, then the app, then the phone itself.

import { useQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ways } from '../../api/queries.ts';
import { Alone } from '../../shell/alone.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { AddressCheck } from './address-check.tsx';
import { FirstApp } from './first-app.tsx';
import { FirstPhone } from './first-phone.tsx';
import { OwnerAccount } from './owner-account.tsx';

export function SetUpPage() {
  const { t } = useWords();
  const query = useQuery(ways);
  const [isOwner, setIsOwner] = useState(false);
  const [app, setApp] = useState<string>();
  if (query.data?.needs_setup === false && !isOwner) return <Navigate to="/" replace />;
  return (
    <Alone>
      <Page title={t('setUp.title')} lead={t('setUp.lead')}>
        <Answered query={query}>
          {() =>
            isOwner ? (
              <>
                <Panel title={t('setUp.address.title')}>
                  <AddressCheck />
                </Panel>
                <Panel title={t('setUp.app.title')}>
                  <FirstApp app={app} onMade={setApp} />
                </Panel>
                {app !== undefined && (
                  <Panel title={t('setUp.phone.title')}>
                    <FirstPhone app={app} />
                  </Panel>
                )}
              </>
            ) : (
              <Panel title={t('setUp.account.title')}>
                <OwnerAccount onDone={() => setIsOwner(true)} />
              </Panel>
            )
          }
        </Answered>
      </Page>
    </Alone>
  );
}
