// The authenticator: set up with a QR code, confirmed by its first code, with recovery codes that are shown once.

import type { Me } from '@overair/protocol/session/sign-in';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { session } from '../../api/session.ts';
import { useProof } from '../../shell/step-up.tsx';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { Button } from '../../ui/button.tsx';
import { PasswordField } from '../../ui/field.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Panel } from '../../ui/page.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { useWords } from '../../words/words.tsx';
import styles from '../sign-in/sign-in.module.css';
import { RecoveryCodes } from './recovery-codes.tsx';
import { TotpSetUp } from './totp-set-up.tsx';

type Deed = 'begin' | 'end' | 'codes';

export function SecondFactor({ signIn }: { signIn: Me['sign_in'] }) {
  const { t } = useWords();
  const [deed, setDeed] = useState<Deed>();
  const hasTotp = signIn.second_factors.includes('totp');
  return (
    <Panel
      title={t('totp.title')}
      aside={<Mark tone={hasTotp ? 'good' : 'warn'}>{t(hasTotp ? 'totp.on' : 'totp.off')}</Mark>}
    >
      <div className={styles['form']}>
        <p>{t(hasTotp ? 'totp.on.sentence' : 'totp.off.sentence')}</p>
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '0.6rem' }}>
          {!hasTotp && (
            <Button kind="primary" onClick={() => setDeed('begin')}>
              {t('totp.begin')}
            </Button>
          )}
          {hasTotp && <Button onClick={() => setDeed('codes')}>{t('totp.newCodes')}</Button>}
          {hasTotp && <Button onClick={() => setDeed('end')}>{t('totp.end')}</Button>}
        </div>
      </div>
      {deed && <DeedSheet deed={deed} hasPassword={signIn.has_password} onClose={() => setDeed(undefined)} />}
    </Panel>
  );
}

const titles = { begin: 'totp.begin', end: 'totp.end', codes: 'totp.newCodes' } as const;

/** The password first, where there is one; then what the deed shows. */
function DeedSheet({ deed, hasPassword, onClose }: { deed: Deed; hasPassword: boolean; onClose: () => void }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const [password, setPassword] = useState('');
  const act = useMutation({
    mutationFn: () => prove(() => perform(deed, hasPassword ? password : undefined)),
    async onSuccess() {
      if (deed !== 'end') return;
      say(t('totp.ended'));
      onClose();
      await cache.invalidateQueries({ queryKey: ['me'] });
    },
  });
  const { data } = act;
  return (
    <Sheet title={t(titles[deed])} onClose={onClose}>
      {data?.totp_uri !== undefined && (
        <TotpSetUp uri={data.totp_uri} codes={data.recovery_codes ?? []} onDone={onClose} />
      )}
      {data?.totp_uri === undefined && data?.recovery_codes && <RecoveryCodes codes={data.recovery_codes} />}
      {data === undefined && (
        <ActForm act={act} submit={t(titles[deed])}>
          <p>{t(`totp.${deed}.sentence`)}</p>
          {hasPassword && (
            <PasswordField
              label={t('signIn.password')}
              showLabel={t('signIn.show')}
              autoComplete="current-password"
              required
              autoFocus
              value={password}
              onChange={setPassword}
            />
          )}
        </ActForm>
      )}
    </Sheet>
  );
}

interface Shown {
  readonly totp_uri?: string;
  readonly recovery_codes?: string[];
}

async function perform(deed: Deed, password: string | undefined): Promise<Shown> {
  if (deed === 'begin') return session.beginTotp(password);
  if (deed === 'codes') return session.newRecoveryCodes(password);
  await session.endTotp(password);
  return {};
}
