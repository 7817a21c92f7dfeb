// The rules of the channel to change. Somebody else may have been faster: then nothing is written, and both versions are shown.

import { ApiError } from '@overair/protocol/client';
import type { Channel } from '@overair/protocol/manage/channel';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { channel as channelQuery } from '../../api/queries.ts';
import { useObstacle } from '../../api/rights.ts';
import { say } from '../../shell/toasts.tsx';
import { Button } from '../../ui/button.tsx';
import { CheckField, SelectField } from '../../ui/field.tsx';
import { Panel } from '../../ui/page.tsx';
import { Fault } from '../../ui/states.tsx';
import type { MessageId } from '../../words/words.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './channel.module.css';
import { StaleWrite } from './stale-write.tsx';

type Draft = Partial<Pick<Channel, SwitchName | 'disableAutoUpdate' | 'guard_action'>>;
const SWITCHES = [
  'public',
  'ios',
  'android',
  'electron',
  'allow_device_self_set',
  'disableAutoUpdateUnderNative',
  'allow_emulator',
  'allow_dev',
] as const;
type SwitchName = (typeof SWITCHES)[number];

const HELD_BACK = ['major', 'minor', 'patch', 'version_number', 'none'] as const;
const GUARDS = ['stop', 'take_back', 'tell', 'off'] as const;

export function ChannelSettings({ app, channel }: { app: string; channel: Channel }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const obstacle = useObstacle(app, 'write');
  // What was read when the first field was changed: a newer answer of the server must not pass for it.
  const [seen, setSeen] = useState<Channel>();
  const [draft, setDraft] = useState<Draft>({});
  const [stale, setStale] = useState<Channel>();
  const change = (part: Draft) => {
    setSeen((before) => before ?? channel);
    setDraft((before) => ({ ...before, ...part }));
  };
  const reset = () => {
    setSeen(undefined);
    setDraft({});
    setStale(undefined);
  };
  const save = useMutation({
    mutationFn: (on: Channel) =>
      api.channels.save({ ...draft, app_id: app, channel: channel.name, expected_updated_at: on.updated_at }),
    async onSuccess() {
      reset();
      say(t('channel.saved'));
      await cache.invalidateQueries({ queryKey: ['app', app] });
    },
    async onError(error) {
      if (error instanceof ApiError && error.code === 'stale_write') {
        setStale(await cache.fetchQuery({ ...channelQuery(app, channel.name), staleTime: 0 }));
      }
    },
  });
  const shown = { ...(seen ?? channel), ...draft };
  const isChanged = Object.keys(draft).length > 0;
  return (
    <Panel title={t('channel.settings')}>
      <div className={styles['settings']}>
        <div className={styles['two']}>
          {SWITCHES.map((name) => (
            <CheckField
              key={name}
              label={t(`setting.${name}` satisfies MessageId)}
              isOn={shown[name]}
              notNow={obstacle}
              onChange={(isOn) => change({ [name]: isOn })}
            />
          ))}
        </div>
        <div className={styles['two']}>
          <SelectField
            label={t('setting.disableAutoUpdate')}
            value={shown.disableAutoUpdate}
            disabled={obstacle !== undefined}
            choices={HELD_BACK.map((value) => ({ value, label: t(`setting.disableAutoUpdate.${value}`) }))}
            onChange={(value) => change({ disableAutoUpdate: value as Channel['disableAutoUpdate'] })}
          />
          <SelectField
            label={t('setting.guard')}
            value={shown.guard_action}
            disabled={obstacle !== undefined}
            choices={GUARDS.map((value) => ({ value, label: t(`setting.guard.${value}`) }))}
            onChange={(value) => change({ guard_action: value as Channel['guard_action'] })}
          />
        </div>
        {stale && seen && (
          <StaleWrite saw={seen} is={stale} wanted={draft} onInsist={() => save.mutate(stale)} onDrop={reset} />
        )}
        {save.error && !stale && <Fault error={save.error} />}
        {isChanged && !stale && (
          <div className={styles['buttons']}>
            <Button
              kind="primary"
              isBusy={save.isPending}
              notNow={obstacle}
              onClick={() => save.mutate(seen ?? channel)}
            >
              {t('action.save')}
            </Button>
            <Button onClick={reset}>{t('action.discard')}</Button>
          </div>
        )}
      </div>
    </Panel>
  );
}
