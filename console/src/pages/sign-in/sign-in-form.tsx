// Every way to sign in: password and second factor, passkey, the company's account, the admin key.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ways } from '../../api/queries.ts';
import { useWords } from '../../words/words.tsx';
import { CodeStep } from './code-step.tsx';
import { OtherWays } from './other-ways.tsx';
import { PasswordStep } from './password-step.tsx';
import { RecoverStep } from './recover-step.tsx';
import styles from './sign-in.module.css';

interface SignInFormProps {
  /** The address on this host to come back to from a provider. */
  readonly returnTo: string;
  readonly onDone: () => void;
}

export function SignInForm({ returnTo, onDone }: SignInFormProps) {
  const { t } = useWords();
  const { data } = useQuery(ways);
  const [step, setStep] = useState<'password' | 'code' | 'recover'>('password');
  if (step === 'code') return <CodeStep onDone={onDone} onBack={() => setStep('password')} />;
  if (step === 'recover') return <RecoverStep onDone={onDone} onBack={() => setStep('password')} />;
  return (
    <div className={styles['ways']}>
      <PasswordStep onDone={onDone} onSecondFactor={() => setStep('code')} />
      {data && <OtherWays ways={data} returnTo={returnTo} onDone={onDone} />}
      <button type="button" className={styles['link']} onClick={() => setStep('recover')}>
        {t('signIn.lost')}
      </button>
    </div>
  );
}
