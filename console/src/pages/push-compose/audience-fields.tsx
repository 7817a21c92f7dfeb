// To this app or a group of apps, and there to everybody or to some.

import type { PushGroup } from '@overair/protocol/manage/push';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { segments } from '../../api/push-queries.ts';
import { bundles, channels } from '../../api/queries.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './compose.module.css';
import { type Draft, WHO, type Who } from './draft.ts';

const route = getRouteApi('/signed-in/app/$app/push/new');

interface AudienceFieldsProps {
  readonly app: string;
  readonly group: string | undefined;
  readonly groups: readonly PushGroup[];
  readonly draft: Draft;
  readonly onChange: (part: Partial<Draft>) => void;
}

export function AudienceFields({ app, group, groups, draft, onChange }: AudienceFieldsProps) {
  const { t } = useWords();
  const navigate = route.useNavigate();
  const ofApp = groups.filter(({ app_ids, group_key }) => app_ids.includes(app) || group_key === group);
  return (
    <div className={styles['fields']}>
      {ofApp.length > 0 && (
        <SelectField
          label={t('compose.to')}
          value={group ?? ''}
          choices={[
            { value: '', label: t('compose.to.app', { app }) },
            ...ofApp.map(({ group_key, name, app_ids }) => ({
              value: group_key,
              label: t('compose.to.group', { name, count: app_ids.length }),
            })),
          ]}
          onChange={(value) => {
            // A stored audience belongs to one app.
            if (value !== '' && draft.who === 'segment') onChange({ who: 'all', names: '' });
            void navigate({ search: value === '' ? {} : { group: value }, replace: true });
          }}
        />
      )}
      <SelectField
        label={t('compose.audience')}
        value={draft.who}
        choices={WHO.filter((who) => group === undefined || who !== 'segment').map((who) => ({
          value: who,
          label: t(`compose.who.${who}`),
        }))}
        onChange={(value) => onChange({ who: value as Who, names: '' })}
      />
      <Names app={app} draft={draft} onChange={onChange} />
    </div>
  );
}

function Names({ app, draft: { who, names }, onChange }: Pick<AudienceFieldsProps, 'app' | 'draft' | 'onChange'>) {
  const { t } = useWords();
  const { data: stored = [] } = useQuery({ ...segments(app), enabled: who === 'segment' });
  const { data: ofChannels = [] } = useQuery({ ...channels(app), enabled: who === 'channel' });
  const { data: ofBundles = [] } = useQuery({ ...bundles(app), enabled: who === 'running' });
  if (who === 'all') return null;
  const change = (value: string) => onChange({ names: value });
  if (who === 'tag' || who === 'alias') {
    return (
      <TextField
        label={t(`compose.names.${who}`)}
        help={t('compose.names.help')}
        value={names}
        onChange={change}
        autoCapitalize="none"
        spellCheck={false}
      />
    );
  }
  const choices = {
    segment: stored.map(({ segment_id, name }) => ({ value: segment_id, label: name })),
    channel: ofChannels.map(({ name }) => ({ value: name, label: name })),
    running: [
      { value: 'builtin', label: t('devices.storeBundle') },
      ...ofBundles.map(({ name }) => ({ value: name, label: name })),
    ],
  }[who];
  return (
    <SelectField
      label={t(`compose.names.${who}`)}
      value={names}
      choices={[{ value: '', label: t('compose.choose') }, ...choices]}
      onChange={change}
    />
  );
}
