// A fresh proof that it is still the same person, by one of the ways that the server accepts.

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { passkeysWork, signInWithPasskey, wasCancelled } from '../../api/passkeys.ts';
import { session } from '../../api/session.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { Button } from '../../ui/button.tsx';
import { PasswordField } from '../../ui/field.tsx';
import { Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { CodeStep } from './code-step.tsx';
import styles from './sign-in.module.css';

export function ProofForm({ accepted, onDone }: { accepted: readonly string[]; onDone: () => void }) {
  const { t } = useWords();
  const [password, setPassword] = useState('');
  const confirm = useMutation({ mutationFn: () => session.confirm(password), onSuccess: onDone });
  const passkey = useMutation({ mutationFn: signInWithPasskey, onSuccess: onDone });
  return (
    <div className={styles['ways']}>
      {accepted.includes('totp') && <CodeStep onDone={onDone} />}
      {accepted.includes('passkey') && passkeysWork() && (
        <Button wide kind="primary" isBusy={passkey.isPending} onClick={() => passkey.mutate()}>
          {t('signIn.passkey')}
        </Button>
      )}
      {passkey.error && !wasCancelled(passkey.error) && <Fault error={passkey.error} />}
      {accepted.includes('password') && (
        <ActForm act={confirm} submit={t('stepUp.confirm')}>
          <PasswordField
            label={t('signIn.password')}
            showLabel={t('signIn.show')}
            autoComplete="current-password"
            required
            autoFocus
            value={password}
            onChange={setPassword}
          />
        </ActForm>
      )}
    </div>
  );
}
