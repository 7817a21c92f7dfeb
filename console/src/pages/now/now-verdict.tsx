// The sentence that says whether somebody has to act, and where.

import type { Matter } from '@overair/protocol/manage/attention';
import type { Release } from '@overair/protocol/manage/release';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { outcomes } from '../../api/queries.ts';
import { Icon } from '../../ui/icons.tsx';
import { useNow } from '../../ui/now.ts';
import { Verdict } from '../../ui/page.tsx';
import { matterSentence, matterTone } from '../../words/matters.ts';
import { current, needsOf } from '../../words/needs.ts';
import { actedSentence } from '../../words/release-sentences.ts';
import { useWords } from '../../words/words.tsx';

interface NowVerdictProps {
  readonly app: string;
  readonly releases: readonly Release[];
  /** Those that run any bundle of the app; undefined while it is not known. */
  readonly phones: number | undefined;
  /** What needs somebody and is about no release. */
  readonly matter: Matter | undefined;
}

export function NowVerdict({ app, releases, phones, matter }: NowVerdictProps) {
  const { t } = useWords();
  const [need] = needsOf(releases, useNow());
  if (need === undefined && matter !== undefined) {
    return (
      <Verdict tone={matterTone(matter)} icon={<Icon name="warn" size={28} />}>
        {matterSentence(matter, t)}
      </Verdict>
    );
  }
  if (need === undefined) return <Quiet app={app} releases={releases} phones={phones} />;
  const { release, kind } = need;
  const look = (
    <Link to="/app/$app/releases/$id" params={{ app, id: String(release.id) }}>
      {t('now.look', { bundle: release.bundle })}
    </Link>
  );
  return kind === 'acted' ? (
    <Verdict tone="bad" icon={<Icon name="bad" size={28} />} sub={look}>
      {actedSentence(release, t)}
    </Verdict>
  ) : (
    <Verdict tone="warn" icon={<Icon name="warn" size={28} />} sub={look}>
      {t('now.suspect', { bundle: release.bundle, channel: release.channel })}
    </Verdict>
  );
}

/** Nothing needs anybody: which bundle most phones run. */
function Quiet({ app, releases, phones }: { app: string; releases: readonly Release[]; phones: number | undefined }) {
  const { t, number, percent } = useWords();
  const [main] = current(releases);
  const { data } = useQuery({
    ...outcomes(app, { bundle: main?.bundle ?? '', bucket: 'hour' }),
    enabled: main !== undefined,
  });
  if (main === undefined) {
    return (
      <Verdict tone="neutral" icon={<Icon name="wait" size={28} />}>
        {t('now.servesNothing')}
      </Verdict>
    );
  }
  if (data === undefined || phones === undefined) {
    return (
      <Verdict tone="good" icon={<Icon name="good" size={28} />}>
        {t('now.well')}
      </Verdict>
    );
  }
  if (phones === 0) {
    return (
      <Verdict tone="neutral" icon={<Icon name="wait" size={28} />}>
        {t('now.nobodyRuns', { bundle: main.bundle })}
      </Verdict>
    );
  }
  const { running } = data.total;
  return (
    <Verdict tone="good" icon={<Icon name="good" size={28} />}>
      {t('now.well.share', {
        bundle: main.bundle,
        share: percent(running / phones),
        phones: number(phones),
        count: phones,
      })}
    </Verdict>
  );
}
