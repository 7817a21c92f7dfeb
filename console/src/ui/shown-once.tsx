// A secret that the server shows once. It is in the page for as long as this sheet is open, and nowhere after.

import { useWords } from '../words/words.tsx';
import { Button } from './button.tsx';
import { CopyBlock } from './copy.tsx';
import { Sheet } from './sheet.tsx';

export interface ShownOnceProps {
  readonly title: string;
  readonly sentence: string;
  /** Names with their values; the last is the secret. */
  readonly parts: readonly { readonly label: string; readonly text: string }[];
  readonly onClose: () => void;
}

export function ShownOnce({ title, sentence, parts, onClose }: ShownOnceProps) {
  const { t } = useWords();
  return (
    <Sheet
      title={title}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t('secret.kept')}
        </Button>
      }
    >
      <p>{sentence}</p>
      {parts.map(({ label, text }) => (
        <div key={label}>
          <p>
            <strong>{label}</strong>
          </p>
          <CopyBlock text={text} label={label} />
        </div>
      ))}
    </Sheet>
  );
}
