// The way back in: with the admin key, for who lost the password or the second factor.

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { recover } from '../../api/session.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { PasswordField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './sign-in.module.css';

export function RecoverStep({ onDone, onBack }: { onDone: () => void; onBack: () => void }) {
  const { t } = useWords();
  const [key, setKey] = useState('');
  const [password, setPassword] = useState('');
  const send = useMutation({ mutationFn: () => recover(key.trim(), password), onSuccess: onDone });
  return (
    <ActForm
      act={send}
      submit={t('recover.submit')}
      isMain
      after={
        <button type="button" className={styles['link']} onClick={onBack}>
          {t('signIn.other')}
        </button>
      }
    >
      <p>{t('recover.sentence')}</p>
      <PasswordField
        label={t('setUp.key')}
        showLabel={t('signIn.show')}
        help={t('recover.key.help')}
        autoComplete="off"
        required
        value={key}
        onChange={setKey}
      />
      <PasswordField
        label={t('account.newPassword')}
        showLabel={t('signIn.show')}
        help={t('password.rule')}
        autoComplete="new-password"
        required
        minLength={12}
        value={password}
        onChange={setPassword}
      />
    </ActForm>
  );
}
