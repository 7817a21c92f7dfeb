// How the bundle that a device runs is called; the store's has no name of its own.

import type { Device } from '@overair/protocol/manage/device';
import type { Translate } from '../../words/words.tsx';

export function runningName({ running_version }: Pick<Device, 'running_version'>, t: Translate): string {
  if (running_version === null) return t('device.unknown');
  return running_version === 'builtin' ? t('devices.storeBundle') : running_version;
}
