// Stop, take back, keep: three buttons, each with its consequence.

import type { Outcomes } from '@overair/protocol/manage/outcomes';
import type { Release, ReleaseAnswer } from '@overair/protocol/manage/release';
import { useState } from 'react';
import { useObstacle } from '../../api/rights.ts';
import { ActSheet } from '../../shell/act-sheet.tsx';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './release.module.css';
import { useReleaseActs } from './release-acts.ts';

interface ReleaseActionsProps {
  readonly app: string;
  readonly release: Release;
  readonly counts: Outcomes['total'] | undefined;
}

export function ReleaseActions({ app, release, counts }: ReleaseActionsProps) {
  const { t } = useWords();
  const [asked, setAsked] = useState<ReleaseAnswer>();
  const obstacle = useObstacle(app, 'upload');
  const acts = useReleaseActs(app, release, counts);
  const isStopped = release.state === 'stopped';
  const wasTold = release.guard?.acted === 'tell' && release.guard.kept_at === null;
  const isStore = release.bundle === 'builtin';
  return (
    <div className={styles['actions']}>
      {!isStopped && !isStore && (
        <Button
          kind="danger"
          isMain
          icon={<Icon name="stop" size={16} />}
          notNow={obstacle}
          onClick={() => setAsked('stop')}
        >
          {t('act.stop.button')}
        </Button>
      )}
      <Button
        kind={isStopped ? 'danger' : 'plain'}
        isMain={isStopped}
        icon={<Icon name="back" size={16} />}
        notNow={obstacle}
        onClick={() => setAsked('take_back')}
      >
        {t('act.takeBack.button')}
      </Button>
      {(isStopped || wasTold) && (
        <Button icon={<Icon name="good" size={16} />} notNow={obstacle} onClick={() => setAsked('keep')}>
          {t('act.keep.button')}
        </Button>
      )}
      {asked && <ActSheet act={acts[asked]} notNow={obstacle} onClose={() => setAsked(undefined)} />}
    </div>
  );
}
