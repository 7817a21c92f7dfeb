// Address and password.

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { session } from '../../api/session.ts';
import { Button } from '../../ui/button.tsx';
import { CheckField, PasswordField, TextField } from '../../ui/field.tsx';
import { Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './sign-in.module.css';

export function PasswordStep({ onDone, onSecondFactor }: { onDone: () => void; onSecondFactor: () => void }) {
  const { t } = useWords();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [isKept, setIsKept] = useState(true);
  const signIn = useMutation({
    mutationFn: () => session.signIn({ email: email.trim(), password, remember_me: isKept }),
    onSuccess: ({ status }) => (status === 'ok' ? onDone() : onSecondFactor()),
  });
  return (
    <form
      className={styles['form']}
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate();
      }}
    >
      <TextField
        label={t('signIn.email')}
        type="email"
        name="email"
        autoComplete="username webauthn"
        required
        value={email}
        onChange={setEmail}
      />
      <PasswordField
        label={t('signIn.password')}
        showLabel={t('signIn.show')}
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
      />
      <CheckField label={t('signIn.keep')} isOn={isKept} onChange={setIsKept} />
      {signIn.error && <Fault error={signIn.error} />}
      <Button type="submit" kind="primary" isMain wide isBusy={signIn.isPending}>
        {t('signIn.submit')}
      </Button>
    </form>
  );
}
