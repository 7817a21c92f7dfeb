// Finds a device by its id, or devices by what they run and are.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { bundles } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { CheckField, SelectField, TextField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';
import type { DeviceSearch } from './device-search.ts';
import styles from './devices.module.css';

const route = getRouteApi('/signed-in/app/$app/devices');
const SILENT_DAYS = [7, 14, 30, 90] as const;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function DeviceFilters({ app }: { app: string }) {
  const { t } = useWords();
  const search = route.useSearch();
  const change = route.useNavigate();
  const go = useNavigate();
  const { data = [] } = useQuery(bundles(app));
  const [text, setText] = useState(search.custom_id ?? '');
  const set = (name: keyof DeviceSearch, value: string | number | boolean) =>
    void change({
      search: ({ [name]: _, ...others }) => (value === '' || value === false ? others : { ...others, [name]: value }),
      replace: true,
    });
  const any = { value: '', label: t('devices.any') };
  const versions = [
    any,
    { value: 'builtin', label: t('devices.storeBundle') },
    ...data.map(({ name }) => ({ value: name, label: name })),
  ];
  return (
    <div className={styles['filters']}>
      <search>
        <form
          className={styles['find']}
          onSubmit={(event) => {
            event.preventDefault();
            const wanted = text.trim();
            if (UUID.test(wanted))
              void go({ to: '/app/$app/devices/$device', params: { app, device: wanted.toLowerCase() } });
            else set('custom_id', wanted);
          }}
        >
          <TextField
            label={t('devices.find')}
            help={t('devices.find.help')}
            value={text}
            onChange={setText}
            data-search
            autoCapitalize="none"
            spellCheck={false}
          />
          <Button type="submit" isMain>
            {t('devices.find.button')}
          </Button>
        </form>
      </search>
      <div className={styles['row']}>
        <SelectField
          label={t('word.running')}
          value={search.running_version ?? ''}
          choices={versions}
          onChange={(value) => set('running_version', value)}
        />
        <SelectField
          label={t('word.offered')}
          value={search.offered_version ?? ''}
          choices={versions}
          onChange={(value) => set('offered_version', value)}
        />
        <SelectField
          label={t('label.platform')}
          value={search.platform ?? ''}
          choices={[
            any,
            { value: 'ios', label: 'iOS' },
            { value: 'android', label: 'Android' },
            { value: 'electron', label: 'Electron' },
          ]}
          onChange={(value) => set('platform', value)}
        />
        <SelectField
          label={t('devices.silent')}
          value={String(search.unheard_days ?? '')}
          choices={[
            any,
            ...SILENT_DAYS.map((days) => ({ value: String(days), label: t('devices.silent.for', { days }) })),
          ]}
          onChange={(value) => set('unheard_days', value === '' ? '' : Number(value))}
        />
        <CheckField
          label={t('devices.failing')}
          isOn={search.failing === true}
          onChange={(isOn) => set('failing', isOn)}
        />
        {Object.keys(search).length > 0 && (
          <Button
            kind="quiet"
            onClick={() => {
              setText('');
              void change({ search: {}, replace: true });
            }}
          >
            {t('devices.clear')}
          </Button>
        )}
      </div>
    </div>
  );
}
