// The owner's account: the printed key proves whose server it is.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { setUp } from '../../api/session.ts';
import { Button } from '../../ui/button.tsx';
import { PasswordField, TextField } from '../../ui/field.tsx';
import { Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import styles from '../sign-in/sign-in.module.css';

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
    <form
      className={styles['form']}
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
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
      {make.error && <Fault error={make.error} />}
      <Button type="submit" kind="primary" isMain wide isBusy={make.isPending}>
        {t('setUp.account.submit')}
      </Button>
    </form>
  );
}
