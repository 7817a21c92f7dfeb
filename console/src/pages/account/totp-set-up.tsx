// The QR code for the authenticator, and the first code that proves it was read.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { session } from '../../api/session.ts';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { CopyBlock } from '../../ui/copy.tsx';
import { TextField } from '../../ui/field.tsx';
import { QrCode } from '../../ui/qr.tsx';
import { useWords } from '../../words/words.tsx';
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
    <ActForm act={confirm} submit={t('totp.confirm')}>
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
    </ActForm>
  );
}
