// Which right somebody gets, each with what it allows.

import type { Right } from '@overair/protocol/manage/member';
import { SelectField } from '../../ui/field.tsx';
import { rightLabel } from '../../words/rights.ts';
import { useWords } from '../../words/words.tsx';

const RIGHTS: readonly Right[] = ['read', 'upload', 'write', 'admin', 'super_admin'];

export function RightField({ value, onChange }: { value: Right; onChange: (right: Right) => void }) {
  const { t } = useWords();
  return (
    <SelectField
      label={t('members.right')}
      value={value}
      choices={RIGHTS.map((right) => ({ value: right, label: `${right}: ${rightLabel(right, t)}` }))}
      onChange={(right) => onChange(right as Right)}
    />
  );
}
