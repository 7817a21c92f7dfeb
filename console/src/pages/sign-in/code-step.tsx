// The second factor: a code of the authenticator, or one of the recovery codes.

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { session } from '../../api/session.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { TextField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './sign-in.module.css';

export function CodeStep({ onDone, onBack }: { onDone: () => void; onBack?: () => void }) {
  const { t } = useWords();
  const [code, setCode] = useState('');
  const [isRecovery, setIsRecovery] = useState(false);
  const give = useMutation({
    mutationFn: () =>
      isRecovery ? session.giveRecoveryCode(code.trim()) : session.giveTotp(code.replaceAll(/\s/g, '')),
    onSuccess: onDone,
    onError: () => setCode(''),
  });
  return (
    <ActForm
      act={give}
      submit={t('signIn.submit')}
      isMain
      after={
        <>
          <button
            type="button"
            className={styles['link']}
            onClick={() => {
              setIsRecovery(!isRecovery);
              setCode('');
            }}
          >
            {isRecovery ? t('signIn.useCode') : t('signIn.useRecovery')}
          </button>
          {onBack && (
            <button type="button" className={styles['link']} onClick={onBack}>
              {t('signIn.other')}
            </button>
          )}
        </>
      }
    >
      <TextField
        label={isRecovery ? t('signIn.recoveryCode') : t('signIn.code')}
        help={isRecovery ? t('signIn.recoveryCode.help') : t('signIn.code.help')}
        name="code"
        inputMode={isRecovery ? 'text' : 'numeric'}
        autoComplete="one-time-code"
        required
        autoFocus
        value={code}
        onChange={setCode}
      />
    </ActForm>
  );
}
