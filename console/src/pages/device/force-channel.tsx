// Forces one device onto a private channel, or lets it go again.

import type { Device } from '@overair/protocol/manage/device';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { channels } from '../../api/queries.ts';
import { useObstacle } from '../../api/rights.ts';
import { type Act, ActSheet } from '../../shell/act-sheet.tsx';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Panel } from '../../ui/page.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './device.module.css';

export function ForceChannel({ app, device }: { app: string; device: Device }) {
  const { t } = useWords();
  const { data = [] } = useQuery(channels(app));
  const obstacle = useObstacle(app, 'write');
  const open = data.filter((channel) => !channel.public && channel.name !== device.channel);
  const [chosen, setChosen] = useState('');
  const [act, setAct] = useState<'force' | 'release'>();
  const name = chosen || (open[0]?.name ?? '');
  const force = useForceAct(app, device.device_id, name);
  const release = useReleaseAct(app, device.device_id, device.channel ?? '');
  return (
    <Panel title={t('force.title')} aside={t('force.aside')}>
      {open.length === 0 && device.channel === undefined ? (
        <p>{t('force.noPrivate')}</p>
      ) : (
        <div className={styles['force']}>
          {open.length > 0 && (
            <>
              <SelectField
                label={t('label.channel')}
                value={name}
                choices={open.map((each) => ({ value: each.name, label: each.name }))}
                onChange={setChosen}
              />
              <Button notNow={obstacle} onClick={() => setAct('force')}>
                {t('force.button', { channel: name })}
              </Button>
            </>
          )}
          {device.channel !== undefined && (
            <Button notNow={obstacle} onClick={() => setAct('release')}>
              {t('force.release', { channel: device.channel })}
            </Button>
          )}
        </div>
      )}
      {act && <ActSheet act={act === 'force' ? force : release} notNow={obstacle} onClose={() => setAct(undefined)} />}
    </Panel>
  );
}

function useForceAct(app_id: string, device_id: string, channel: string): Act {
  const { t } = useWords();
  const body = { app_id, device_id, channel };
  return {
    title: t('force.act.title', { channel }),
    consequence: t('force.act.consequence', { channel }),
    wayBack: t('force.act.wayBack'),
    confirm: t('force.button', { channel }),
    done: t('force.act.done', { channel }),
    command: `overair devices force ${device_id} ${channel} ${app_id}`,
    call: { method: 'POST', path: '/device', body },
    run: () => api.devices.setChannel(body),
  };
}

function useReleaseAct(app_id: string, device_id: string, channel: string): Act {
  const { t } = useWords();
  const body = { app_id, device_id };
  return {
    title: t('force.release', { channel }),
    consequence: t('force.releaseAct.consequence', { channel }),
    wayBack: t('force.releaseAct.wayBack', { channel }),
    confirm: t('force.release', { channel }),
    done: t('force.releaseAct.done', { channel }),
    command: `overair devices release ${device_id} ${app_id}`,
    call: { method: 'DELETE', path: '/device', body },
    run: () => api.devices.clearChannel(body),
  };
}
