// The QR code for the authenticator, and the first code that proves it was read.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { session } from '../../api/session.ts';
import { say } from '../../shell/toasts.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyBlock } from '../../ui/copy.tsx';
import { TextField } from '../../ui/field.tsx';
import { QrCode } from '../../ui/qr.tsx';
import { Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import styles from '../sign-in/sign-in.module.css';
import { RecoveryCodes } from './recovery-codes.tsx';

export function TotpSetUp({ uri, codes, onDone }: { uri: string; codes: readonly string[]; onDone: () => void }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const [code, setCode] = useState('');
  const confirm = useMutation({
    mutationFn: () => session.giveTotp(code.replaceAll(/\s/g, '')),
    async onSuccess() {
      say(t('totp.begun'));
      onDone();
      await cache.invalidateQueries({ queryKey: ['me'] });
    },
  });
  return (
    <form
      className={styles['form']}
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate();
      }}
    >
      <p>{t('totp.scan')}</p>
      <QrCode text={uri} label={t('totp.qr')} />
      <CopyBlock text={new URL(uri).searchParams.get('secret') ?? ''} label={t('totp.secret')} />
      <RecoveryCodes codes={codes} />
      <TextField
        label={t('signIn.code')}
        help={t('totp.first')}
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        value={code}
        onChange={setCode}
      />
      {confirm.error && <Fault error={confirm.error} />}
      <Button type="submit" kind="primary" wide isBusy={confirm.isPending}>
        {t('totp.confirm')}
      </Button>
    </form>
  );
}
