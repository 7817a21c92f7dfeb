// One sentence about a release: whether it may go on, or what became of it.

import type { Outcomes } from '@overair/protocol/manage/outcomes';
import type { Release } from '@overair/protocol/manage/release';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { type Tone, Verdict } from '../../ui/page.tsx';
import { verdictOf } from '../../words/release-verdict.ts';
import { useWords } from '../../words/words.tsx';

const icons: Record<Tone, IconName> = { good: 'good', warn: 'warn', bad: 'bad', neutral: 'wait' };

export function ReleaseVerdict({ release, counts }: { release: Release; counts: Outcomes['total'] | undefined }) {
  const { t } = useWords();
  const { tone, id, values } = verdictOf(release, counts);
  return (
    <Verdict tone={tone} icon={<Icon name={icons[tone]} size={28} />} sub={release.guard?.reason ?? undefined}>
      {t(id, values)}
    </Verdict>
  );
}
