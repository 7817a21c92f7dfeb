// How do I get in?

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Navigate, useRouter } from '@tanstack/react-router';
import { ways } from '../../api/queries.ts';
import { sessionEnded } from '../../api/signed-out.ts';
import { consolePath } from '../../base-path.ts';
import { Alone } from '../../shell/alone.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { SignInForm } from './sign-in-form.tsx';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { t } = useWords();
  const { to = '/', error } = route.useSearch();
  const { data, error: failed, refetch } = useQuery(ways);
  const cache = useQueryClient();
  const router = useRouter();
  if (data?.needs_setup) return <Navigate to="/setup" replace />;
  return (
    <Alone>
      <Page title={t('signIn.title')}>
        {failed && <Fault error={failed} onRetry={refetch} />}
        {error !== undefined && <Fault error={new Error(t('signIn.provider.failed', { reason: error }))} />}
        <Panel>
          <SignInForm
            returnTo={`${consolePath.slice(consolePath.lastIndexOf('/'))}${to}`}
            onDone={async () => {
              sessionEnded.set(false);
              cache.clear();
              await router.navigate({ to, replace: true });
            }}
          />
        </Panel>
      </Page>
    </Alone>
  );
}
