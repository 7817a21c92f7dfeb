// How do I sign in?

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { me } from '../../api/queries.ts';
import { queryClient } from '../../api/query-client.ts';
import { session } from '../../api/session.ts';
import { LanguageChoice } from '../../shell/language-choice.tsx';
import { Button } from '../../ui/button.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered, Fault } from '../../ui/states.tsx';
import type { Language } from '../../words/language.ts';
import { useWords } from '../../words/words.tsx';
import { Organizations } from './organizations.tsx';
import { Passkeys } from './passkeys.tsx';
import { PasswordPanel } from './password-panel.tsx';
import { SecondFactor } from './second-factor.tsx';
import { Sessions } from './sessions.tsx';

export function AccountPage() {
  const { t } = useWords();
  const query = useQuery(me);
  const cache = useQueryClient();
  const keep = useMutation({
    mutationFn: (language: Language) => session.changeMe({ language }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['me'] }),
  });
  return (
    <Page title={t('account.title')} lead={query.data?.person.email} actions={<SignOut />}>
      <Answered query={query} rows={5}>
        {(person) => (
          <>
            <SecondFactor signIn={person.sign_in} />
            <Passkeys />
            <PasswordPanel signIn={person.sign_in} />
            <Sessions />
            <Organizations organizations={person.organizations} />
          </>
        )}
      </Answered>
      <Panel>
        <LanguageChoice label={t('label.language')} onChange={(language) => keep.mutate(language)} />
        {keep.error && <Fault error={keep.error} />}
      </Panel>
    </Page>
  );
}

function SignOut() {
  const { t } = useWords();
  const router = useRouter();
  return (
    <Button
      onClick={async () => {
        await session.signOut();
        queryClient.clear();
        await router.navigate({ to: '/sign-in' });
      }}
    >
      {t('account.signOut')}
    </Button>
  );
}
