// Matters that need somebody, each with its page or the command that helps.

import type { Matter } from '@overair/protocol/manage/attention';
import { CopyBlock } from '../ui/copy.tsx';
import { Mark } from '../ui/mark.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/page.tsx';
import { matterPath, matterSentence, matterTone } from '../words/matters.ts';
import { useWords } from '../words/words.tsx';
import { MatterLink } from './matter-link.tsx';
import styles from './matter-list.module.css';

export function MatterList({ matters }: { matters: readonly Matter[] }) {
  const { t } = useWords();
  if (matters.length === 0) return null;
  return (
    <Panel title={t('matters.title')}>
      <ul className={styles['matters']}>
        {matters.map((matter) => (
          <li key={matter.id} data-row>
            <Mark tone={matterTone(matter)}>{t(`matter.severity.${matter.severity}`)}</Mark>
            <div>
              <p className={styles['sentence']}>{matterSentence(matter, t)}</p>
              <p className={styles['said']} lang="en">
                {matter.message}
              </p>
              {matterPath(matter) === undefined && matter.command !== null && (
                <CopyBlock text={matter.command} label={t('label.command')} />
              )}
            </div>
            <div className={styles['aside']}>
              <Moment at={matter.since} />
              <MatterLink matter={matter}>{t('redBar.look')}</MatterLink>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
