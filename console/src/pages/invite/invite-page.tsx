// Who invites me to what, and how do I get in?

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ways } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { Alone } from '../../shell/alone.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { Button } from '../../ui/button.tsx';
import { PasswordField, TextField } from '../../ui/field.tsx';
import { Facts, Page, Panel } from '../../ui/page.tsx';
import { Answered, Fault } from '../../ui/states.tsx';
import { rightLabel } from '../../words/rights.ts';
import { type MessageId, useWords } from '../../words/words.tsx';
import styles from '../sign-in/sign-in.module.css';

const route = getRouteApi('/invite/$token');

export function InvitePage() {
  const { t } = useWords();
  const { token } = route.useParams();
  const { error } = route.useSearch();
  const query = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => session.showInvitation(token),
    retry: false,
  });
  return (
    <Alone>
      <Page title={t('invite.title')}>
        {error !== undefined && (
          <Fault error={new Error(t(refusals[error] ?? 'signIn.provider.failed', { reason: error }))} />
        )}
        <Answered query={query}>
          {({ org_name, email, user_right }) => (
            <Panel>
              <Facts
                facts={[
                  [t('invite.org'), org_name],
                  [t('invite.right'), rightLabel(user_right, t)],
                  [t('signIn.email'), email],
                ]}
              />
              <Join token={token} email={email} />
              <ByProvider token={token} />
            </Panel>
          )}
        </Answered>
      </Page>
    </Alone>
  );
}

/** Ways back from a provider that this page has words for. */
const refusals: Readonly<Record<string, MessageId>> = {
  invitation_for_another_address: 'invite.otherAddress',
  invalid_invitation: 'error.invalid_invitation',
};

function ByProvider({ token }: { token: string }) {
  const { t } = useWords();
  const { data } = useQuery(ways);
  const go = useMutation({
    mutationFn: (id: string) => session.toProvider(id, '/ui', token),
    onSuccess: (url) => location.assign(url),
  });
  if (data === undefined || data.providers.length === 0) return null;
  return (
    <div className={styles['others']}>
      <p className={styles['or']}>{t('signIn.or')}</p>
      {data.providers.map(({ id, name }) => (
        <Button key={id} wide isBusy={go.isPending} onClick={() => go.mutate(id)}>
          {t('invite.provider', { name })}
        </Button>
      ))}
      {go.error && <Fault error={go.error} />}
    </div>
  );
}

function Join({ token, email }: { token: string; email: string }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const join = useMutation({
    mutationFn: () => session.acceptInvitation({ token, password, ...(name.trim() && { name: name.trim() }) }),
    async onSuccess() {
      cache.clear();
      await navigate({ to: '/', replace: true });
    },
  });
  return (
    <div style={{ marginBlockStart: '1.25rem' }}>
      <ActForm act={join} submit={t('invite.submit')} isMain>
        {/* For the browser's own store of passwords. */}
        <input type="hidden" name="email" autoComplete="username" value={email} readOnly />
        <TextField label={t('setUp.name')} name="name" autoComplete="name" value={name} onChange={setName} />
        <PasswordField
          label={t('invite.password')}
          showLabel={t('signIn.show')}
          help={t('password.rule')}
          name="password"
          autoComplete="new-password"
          required
          minLength={12}
          value={password}
          onChange={setPassword}
        />
      </ActForm>
    </div>
  );
}
