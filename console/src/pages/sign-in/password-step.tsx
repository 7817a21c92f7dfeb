// Address and password.

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { session } from '../../api/session.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { CheckField, PasswordField, TextField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';

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
    <ActForm act={signIn} submit={t('signIn.submit')} isMain>
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
    </ActForm>
  );
}
