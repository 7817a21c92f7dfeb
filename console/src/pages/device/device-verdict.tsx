// What the device runs, and what it would get if it asked now.

import type { Device } from '@overair/protocol/manage/device';
import type { Explanation } from '@overair/protocol/manage/device-log';
import { Icon } from '../../ui/icons.tsx';
import { Verdict } from '../../ui/page.tsx';
import { refusalLabel } from '../../words/refusals.ts';
import { useWords } from '../../words/words.tsx';
import { runningName } from './running-name.ts';

export function DeviceVerdict({ device, why }: { device: Device; why: Explanation }) {
  const { t } = useWords();
  const running = runningName(device, t);
  const { outcome, version } = why;
  if (outcome === 'update' || outcome === 'builtin') {
    const target = outcome === 'builtin' ? t('devices.storeBundle') : (version ?? '');
    return (
      <Verdict tone="neutral" icon={<Icon name="wait" size={28} />} sub={t('device.verdict.update.sub')}>
        {t('device.verdict.update', { running, bundle: target })}
      </Verdict>
    );
  }
  if (outcome === 'no_new_version_available' || outcome === 'already_on_builtin') {
    return (
      <Verdict tone="good" icon={<Icon name="good" size={28} />}>
        {t('device.verdict.current', { running })}
      </Verdict>
    );
  }
  return (
    <Verdict tone="warn" icon={<Icon name="warn" size={28} />} sub={why.message}>
      {t('device.verdict.refused', { running, bundle: version ?? '', reason: refusalLabel(outcome, t) })}
    </Verdict>
  );
}
