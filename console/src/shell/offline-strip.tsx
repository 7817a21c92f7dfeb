// Says that the network is away: what is shown is old, and nothing can be changed.

import { Icon } from '../ui/icons.tsx';
import { useWords } from '../words/words.tsx';
import styles from './offline-strip.module.css';
import { useIsOnline } from './online.ts';

export function OfflineStrip() {
  const { t } = useWords();
  const isOnline = useIsOnline();
  return (
    <div role="status" className={styles['strip']}>
      {!isOnline && (
        <p>
          <Icon name="warn" size={16} /> {t('state.offline')}
        </p>
      )}
    </div>
  );
}
