// Passkeys and the accounts of providers, where this server has them.

import { useMutation } from '@tanstack/react-query';
import { passkeysWork, signInWithPasskey, wasCancelled } from '../../api/passkeys.ts';
import { type SignInWays, session } from '../../api/session.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './sign-in.module.css';

export function OtherWays({ ways, returnTo, onDone }: { ways: SignInWays; returnTo: string; onDone: () => void }) {
  const { t } = useWords();
  const passkey = useMutation({ mutationFn: signInWithPasskey, onSuccess: onDone });
  const provider = useMutation({
    mutationFn: (id: string) => session.toProvider(id, returnTo),
    onSuccess: (url) => location.assign(url),
  });
  const failed = [passkey.error, provider.error].find((error) => error !== null && !wasCancelled(error));
  const hasPasskeys = ways.passkeys.is_available && passkeysWork();
  if (!hasPasskeys && ways.providers.length === 0) return null;
  return (
    <div className={styles['others']}>
      <p className={styles['or']}>{t('signIn.or')}</p>
      {hasPasskeys && (
        <Button wide icon={<Icon name="key" />} isBusy={passkey.isPending} onClick={() => passkey.mutate()}>
          {t('signIn.passkey')}
        </Button>
      )}
      {ways.providers.map(({ id, name }) => (
        <Button key={id} wide isBusy={provider.isPending} onClick={() => provider.mutate(id)}>
          {t('signIn.provider', { name })}
        </Button>
      ))}
      {failed && <Fault error={failed} />}
    </div>
  );
}
