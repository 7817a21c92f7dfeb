// Who invites me to what, and how do I get in?

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { session } from '../../api/session.ts';
import { Alone } from '../../shell/alone.tsx';
import { Button } from '../../ui/button.tsx';
import { PasswordField, TextField } from '../../ui/field.tsx';
import { Facts, Page, Panel } from '../../ui/page.tsx';
import { Answered, Fault } from '../../ui/states.tsx';
import { rightLabel } from '../../words/rights.ts';
import { useWords } from '../../words/words.tsx';
import styles from '../sign-in/sign-in.module.css';

const route = getRouteApi('/invite/$token');

export function InvitePage() {
  const { t } = useWords();
  const { token } = route.useParams();
  const query = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => session.showInvitation(token),
    retry: false,
  });
  return (
    <Alone>
      <Page title={t('invite.title')}>
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
            </Panel>
          )}
        </Answered>
      </Page>
    </Alone>
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
    <form
      className={styles['form']}
      style={{ marginBlockStart: '1.25rem' }}
      onSubmit={(event) => {
        event.preventDefault();
        join.mutate();
      }}
    >
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
      {join.error && <Fault error={join.error} />}
      <Button type="submit" kind="primary" isMain wide isBusy={join.isPending}>
        {t('invite.submit')}
      </Button>
    </form>
  );
}
