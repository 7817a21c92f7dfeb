// Another password. It ends every other session.

import type { Me } from '@overair/protocol/session/sign-in';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { session } from '../../api/session.ts';
import { useProof } from '../../shell/step-up.tsx';
import { say } from '../../shell/toasts.tsx';
import { Button } from '../../ui/button.tsx';
import { PasswordField } from '../../ui/field.tsx';
import { Panel } from '../../ui/page.tsx';
import { Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import styles from '../sign-in/sign-in.module.css';

export function PasswordPanel({ signIn }: { signIn: Me['sign_in'] }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const [present, setPresent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () =>
      prove(() =>
        session.changePassword({ new_password: next, ...(signIn.has_password && { current_password: present }) }),
      ),
    async onSuccess() {
      setPresent('');
      setNext('');
      say(t('account.password.changed'));
      await cache.invalidateQueries({ queryKey: ['me'] });
    },
  });
  const show = t('signIn.show');
  return (
    <Panel title={t('account.password')} aside={t('account.password.aside')}>
      <form
        className={`${styles['form']} ${styles['short']}`}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        {signIn.has_password && (
          <PasswordField
            label={t('account.presentPassword')}
            showLabel={show}
            autoComplete="current-password"
            required
            value={present}
            onChange={setPresent}
          />
        )}
        <PasswordField
          label={t('account.newPassword')}
          showLabel={show}
          help={t('password.rule')}
          autoComplete="new-password"
          required
          minLength={12}
          value={next}
          onChange={setNext}
        />
        {change.error && <Fault error={change.error} />}
        <div>
          <Button type="submit" isBusy={change.isPending}>
            {t('account.password.submit')}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
