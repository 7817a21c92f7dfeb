// What an act would do, rehearsed on every phone that the server knows.

import type { Rehearsal } from '@overair/protocol/manage/rehearsal';
import { Icon } from '../ui/icons.tsx';
import { refusalLabel } from '../words/refusals.ts';
import { useWords } from '../words/words.tsx';
import styles from './act-sheet.module.css';

/** The rest is small, and the whole is counted above. */
const SHOWN = 4;

export function RehearsalView({ rehearsal }: { rehearsal: Rehearsal }) {
  const { t, number, bytes } = useWords();
  const { devices, moves, held_back, refused, bytes: weight } = rehearsal;
  const name = (bundle: string) => (bundle === 'builtin' ? t('devices.storeBundle') : bundle);
  const refusals = Object.entries(refused).sort(([, a], [, b]) => b - a);
  return (
    <div className={styles['rehearsal']}>
      <p className={styles['rehearsalTitle']}>
        <Icon name="devices" size={16} /> {t('rehearsal.title', { count: devices.known })}
      </p>
      <ul>
        {moves.length === 0 && <li>{t('rehearsal.none')}</li>}
        {moves.slice(0, SHOWN).map(({ from, to, devices: count }) => (
          <li key={`${from} ${to}`}>{t('rehearsal.move', { count, from: name(from), to: name(to) })}</li>
        ))}
        {moves.length > SHOWN && <li>{t('rehearsal.more', { count: devices.moving })}</li>}
        {held_back.slice(0, SHOWN).map(({ from, to, devices: count }) => (
          <li key={`held ${from} ${to}`}>{t('rehearsal.held', { count, from: name(from), to: name(to) })}</li>
        ))}
        {refusals.slice(0, SHOWN).map(([code, count]) => (
          <li key={code}>{t('rehearsal.refused', { count, reason: refusalLabel(code, t) })}</li>
        ))}
        {devices.dormant > 0 && <li>{t('rehearsal.dormant', { count: devices.dormant })}</li>}
        {weight.zip > 0 && <li>{t('rehearsal.bytes', { delta: bytes(weight.delta), zip: bytes(weight.zip) })}</li>}
        {devices.undecided > 0 && <li>{t('rehearsal.undecided', { count: number(devices.undecided) })}</li>}
      </ul>
    </div>
  );
}
