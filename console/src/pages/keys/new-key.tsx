// A key for a program: as little as it needs, for as long as it needs it. The key itself is shown once.

import type { KeyMode } from '@overair/protocol/manage/apikey';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { organizationApps } from '../../api/organization-queries.ts';
import { useProof } from '../../shell/step-up.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { CheckField, SelectField, TextField } from '../../ui/field.tsx';
import { MakeOnce } from '../../ui/make-once.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './keys.module.css';

const MODES = ['upload', 'read', 'write', 'all'] as const satisfies readonly KeyMode[];
const DAYS = ['90', '30', '365', ''] as const;
const DAY_MS = 86_400_000;

interface Made {
  readonly name: string;
  readonly key: string;
}

export function NewKey({ org }: { org: string }) {
  const { t } = useWords();
  return (
    <MakeOnce<Made>
      label={t('keys.new')}
      sheet={(then) => <NewKeySheet org={org} {...then} />}
      shown={({ name, key }) => ({
        title: t('keys.made.title', { name }),
        sentence: t('keys.made.sentence'),
        parts: [{ label: t('keys.key'), text: key }],
      })}
    />
  );
}

interface NewKeySheetProps {
  readonly org: string;
  readonly onClose: () => void;
  readonly onMade: (made: Made) => void;
}

function NewKeySheet({ org, onClose, onMade }: NewKeySheetProps) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const [name, setName] = useState('');
  const [mode, setMode] = useState<KeyMode>('upload');
  const [days, setDays] = useState('90');
  const [apps, setApps] = useState<readonly string[]>([]);
  const make = useMutation({
    async mutationFn() {
      const body = {
        name: name.trim(),
        mode,
        limited_to_orgs: [org],
        ...(apps.length > 0 && { limited_to_apps: [...apps] }),
        expires_at: days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
      };
      const { key } = await prove(() => api.keys.create(body));
      onMade({ name: body.name, key });
      await cache.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  return (
    <Sheet title={t('keys.new')} onClose={onClose}>
      <ActForm act={make} submit={t('keys.submit')}>
        <TextField label={t('label.name')} help={t('keys.name.help')} required value={name} onChange={setName} />
        <SelectField
          label={t('keys.may')}
          value={mode}
          choices={MODES.map((each) => ({
            value: each,
            label: `${each}: ${t(each === 'all' ? 'keys.mode.all' : `right.${each}`)}`,
          }))}
          onChange={(value) => setMode(value as KeyMode)}
        />
        <SelectField
          label={t('keys.ends')}
          value={days}
          choices={DAYS.map((each) => ({
            value: each,
            label: each === '' ? t('keys.forEver') : t('keys.afterDays', { count: Number(each) }),
          }))}
          onChange={setDays}
        />
        <AppLimits org={org} apps={apps} onChange={setApps} />
      </ActForm>
    </Sheet>
  );
}

interface AppLimitsProps {
  readonly org: string;
  readonly apps: readonly string[];
  readonly onChange: (apps: readonly string[]) => void;
}

function AppLimits({ org, apps, onChange }: AppLimitsProps) {
  const { t } = useWords();
  const { data = [] } = useQuery(organizationApps(org));
  return (
    <fieldset className={styles['limits']}>
      <legend>{t('keys.limits')}</legend>
      <p>{t('keys.limits.help')}</p>
      {data.map(({ app_id, name }) => (
        <CheckField
          key={app_id}
          label={name}
          help={app_id}
          isOn={apps.includes(app_id)}
          onChange={(isOn) => onChange(isOn ? [...apps, app_id] : apps.filter((each) => each !== app_id))}
        />
      ))}
    </fieldset>
  );
}
