// Codes for the day on which the phone is gone. They are shown once.

import { CopyBlock } from '../../ui/copy.tsx';
import { useWords } from '../../words/words.tsx';

export function RecoveryCodes({ codes }: { codes: readonly string[] }) {
  const { t } = useWords();
  return (
    <>
      <p>{t('totp.codes')}</p>
      <CopyBlock text={codes.join('\n')} label={t('totp.codes.label')} />
    </>
  );
}
