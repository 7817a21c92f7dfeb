// The rules of a channel as sentences: who follows it, what it holds back, and what the guard does. Pure.

import type { Channel } from '@overair/protocol/manage/channel';
import type { MessageId } from './catalogue/en.ts';
import type { Values } from './words.tsx';

interface Rule {
  readonly id: MessageId;
  readonly values?: Values;
}

const heldBack = {
  major: 'rule.major',
  minor: 'rule.minor',
  patch: 'rule.patch',
  version_number: 'rule.version',
  none: 'rule.everyVersion',
} as const satisfies Record<Channel['disableAutoUpdate'], MessageId>;

const guardRules = {
  stop: 'rule.guard.stop',
  take_back: 'rule.guard.takeBack',
  tell: 'rule.guard.tell',
  off: 'rule.guard.off',
} as const satisfies Record<Channel['guard_action'], MessageId>;

export function rulesOf(channel: Channel): Rule[] {
  const platforms = [
    ['iOS', channel.ios],
    ['Android', channel.android],
    ['Electron', channel.electron],
  ] as const;
  const off = platforms.filter(([, isOn]) => !isOn).map(([name]) => name);
  const kinds: [MessageId, boolean][] = [
    ['rule.noEmulator', !channel.allow_emulator],
    ['rule.noDevice', !channel.allow_device],
    ['rule.noDev', !channel.allow_dev],
    ['rule.noProd', !channel.allow_prod],
  ];
  return [
    { id: whoFollows(channel) },
    ...(off.length === 0 ? [] : [{ id: 'rule.platformsOff' as const, values: { platforms: off.join(', ') } }]),
    { id: heldBack[channel.disableAutoUpdate] },
    { id: channel.disableAutoUpdateUnderNative ? 'rule.noDowngrade' : 'rule.downgrade' },
    ...kinds.filter(([, holds]) => holds).map(([id]) => ({ id })),
    { id: guardRules[channel.guard_action] },
    ...(channel.protected_by === null
      ? []
      : [{ id: 'rule.protected' as const, values: { right: channel.protected_by } }]),
  ];
}

function whoFollows({ public: isDefault, allow_device_self_set }: Channel): MessageId {
  if (isDefault) return allow_device_self_set ? 'rule.default.selfSet' : 'rule.default';
  return allow_device_self_set ? 'rule.selfSet' : 'rule.forcedOnly';
}
