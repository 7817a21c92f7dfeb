// The owner's account: the printed key proves whose server it is.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { setUp } from '../../api/session.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { PasswordField, TextField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';

export function OwnerAccount({ onDone }: { onDone: () => void }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const [key, setKey] = useState('');
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const make = useMutation({
    mutationFn: () => setUp(key.trim(), { email: email.trim(), password, ...(name.trim() && { name: name.trim() }) }),
    async onSuccess() {
      onDone();
      await cache.invalidateQueries();
    },
  });
  const show = t('signIn.show');
  return (
    <ActForm act={make} submit={t('setUp.account.submit')} isMain>
      <PasswordField
        label={t('setUp.key')}
        showLabel={show}
        help={t('setUp.key.help')}
        name="key"
        autoComplete="off"
        required
        value={key}
        onChange={setKey}
      />
      <TextField
        label={t('signIn.email')}
        type="email"
        name="email"
        autoComplete="username"
        required
        value={email}
        onChange={setEmail}
      />
      <TextField label={t('setUp.name')} name="name" autoComplete="name" value={name} onChange={setName} />
      <PasswordField
        label={t('signIn.password')}
        showLabel={show}
        help={t('password.rule')}
        name="password"
        autoComplete="new-password"
        required
        minLength={12}
        value={password}
        onChange={setPassword}
      />
    </ActForm>
  );
}
