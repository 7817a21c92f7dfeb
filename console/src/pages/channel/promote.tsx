// Puts a bundle on the channel: for everybody, or for a share of its phones first.

import type { Channel } from '@overair/protocol/manage/channel';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bundles } from '../../api/queries.ts';
import { useObstacle } from '../../api/rights.ts';
import { type Act, ActSheet } from '../../shell/act-sheet.tsx';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icons.tsx';
import { useWords } from '../../words/words.tsx';

const SHARES = [100, 50, 20, 5, 1] as const;

interface PromoteProps {
  readonly app: string;
  readonly channel: Channel;
  /** Phones that run any bundle of this channel. */
  readonly running: number;
}

export function Promote({ app, channel, running }: PromoteProps) {
  const { t } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  const needsWrite = useObstacle(app, 'upload');
  return (
    <>
      <Button
        kind="primary"
        isMain
        icon={<Icon name="releases" size={16} />}
        notNow={needsWrite}
        onClick={() => setIsOpen(true)}
      >
        {t('promote.button')}
      </Button>
      {isOpen && <PromoteSheet app={app} channel={channel} running={running} onClose={() => setIsOpen(false)} />}
    </>
  );
}

function PromoteSheet({ app, channel, running, onClose }: PromoteProps & { onClose: () => void }) {
  const { t } = useWords();
  const { data = [] } = useQuery(bundles(app));
  const others = data.filter(({ name }) => name !== channel.version?.name && name !== 'builtin');
  const [bundle, setBundle] = useState('');
  const [share, setShare] = useState('100');
  const chosen = bundle || (others[0]?.name ?? '');
  const toShare = useObstacle(app, 'write');
  const isRollout = share !== '100';
  const act = usePromoteAct({ app, channel, bundle: chosen, share: Number(share), running });
  const obstacle =
    chosen === ''
      ? t('promote.none')
      : isRollout
        ? (toShare ?? stableMissing(channel, t('promote.noStable')))
        : undefined;
  return (
    <ActSheet act={act} notNow={obstacle} onClose={onClose}>
      <SelectField
        label={t('release.bundle')}
        value={chosen}
        choices={others.map(({ name }) => ({ value: name, label: name }))}
        onChange={setBundle}
      />
      <SelectField
        label={t('promote.share')}
        value={share}
        choices={SHARES.map((each) => ({
          value: String(each),
          label: each === 100 ? t('promote.share.all') : t('promote.share.some', { share: each }),
        }))}
        onChange={setShare}
      />
    </ActSheet>
  );
}

const stableMissing = ({ version }: Channel, sentence: string) => (version === null ? sentence : undefined);

interface Wanted {
  readonly app: string;
  readonly channel: Channel;
  readonly bundle: string;
  readonly share: number;
  readonly running: number;
}

function usePromoteAct({ app, channel, bundle, share, running }: Wanted): Act {
  const { t } = useWords();
  const isRollout = share !== 100;
  const stable = channel.version?.name ?? 'builtin';
  const values = { bundle, channel: channel.name, share, running, part: Math.round((running * share) / 100), stable };
  const body = {
    app_id: app,
    channel: channel.name,
    ...(isRollout
      ? { rolloutVersion: bundle, rolloutPercentageBps: share * 100, rolloutEnabled: true, rolloutPaused: false }
      : { version: bundle }),
  };
  return {
    title: t('promote.title', values),
    consequence: t(isRollout ? 'promote.consequence.some' : 'promote.consequence.all', values),
    wayBack: t('promote.wayBack', values),
    confirm: t('promote.confirm', values),
    done: t('promote.done', values),
    command: isRollout
      ? `overair rollout start ${channel.name} ${app} --bundle ${bundle} --percent ${share}`
      : `overair channel set ${channel.name} ${app} --bundle ${bundle}`,
    call: { method: 'POST', path: '/channel', body },
  };
}
