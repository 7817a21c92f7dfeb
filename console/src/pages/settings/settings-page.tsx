// How is this app set up?

import { ApiError } from '@overair/protocol/client';
import type { App } from '@overair/protocol/manage/app';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { app as appQuery, channels } from '../../api/queries.ts';
import { useObstacle } from '../../api/rights.ts';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { CheckField, SelectField, TextField } from '../../ui/field.tsx';
import { Facts, Page, Panel } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { DeleteApp } from './delete-app.tsx';

const route = getRouteApi('/signed-in/app/$app/settings');

const SWITCHES = ['allow_device_custom_id', 'expose_metadata', 'block_provider_infra_requests'] as const;
type Draft = Partial<Pick<App, (typeof SWITCHES)[number] | 'name' | 'default_upload_channel' | 'retention'>>;

export function SettingsPage() {
  const { t } = useWords();
  const { app: app_id } = route.useParams();
  const query = useQuery(appQuery(app_id));
  return (
    <Page title={t('nav.settings')} tabTitle={`${t('nav.settings')} · ${app_id}`} lead={app_id}>
      <Answered query={query} rows={4}>
        {(app) => (
          <>
            <Settings app={app} />
            <Panel title={t('release.facts')}>
              <Facts
                facts={[
                  [t('settings.id'), <code key="id">{app.app_id}</code>],
                  [t('settings.uuid'), <code key="uuid">{app.id}</code>],
                  [t('settings.newest'), app.last_version ?? '–'],
                ]}
              />
            </Panel>
            <DeleteApp app={app} />
          </>
        )}
      </Answered>
    </Page>
  );
}

/** Up to 730 it is days already, above seconds. Source: docs/protocol/management.md §8. */
const inDays = (retention: number) => (retention > 730 ? Math.round(retention / 86_400) : retention);

function Settings({ app }: { app: App }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const { app_id } = app;
  const obstacle = useObstacle(app_id, 'write');
  const { data: ofChannels = [] } = useQuery(channels(app_id));
  const [seen, setSeen] = useState<App>();
  const [draft, setDraft] = useState<Draft>({});
  const change = (part: Draft) => {
    // What was read when the first field was changed: a newer answer of the server must not pass for it.
    setSeen((before) => before ?? app);
    setDraft((before) => ({ ...before, ...part }));
  };
  const shown = { ...(seen ?? app), ...draft };
  const save = useMutation({
    mutationFn: () => api.apps.update(app_id, { ...draft, expected_updated_at: (seen ?? app).updated_at }),
    async onSuccess() {
      const before = Object.fromEntries(Object.keys(draft).map((name) => [name, (seen ?? app)[name as keyof Draft]]));
      say(t('settings.saved'), () => api.apps.update(app_id, before as Draft));
      setDraft({});
      setSeen(undefined);
      await cache.invalidateQueries();
    },
    onError(error) {
      // Shown as it is now; what was typed stays, and is saved over it at the next try.
      if (error instanceof ApiError && error.code === 'stale_write') {
        setSeen(undefined);
        void cache.invalidateQueries({ queryKey: ['app', app_id] });
      }
    },
  });
  const isChanged = Object.keys(draft).length > 0;
  const isKnownChannel = ofChannels.some(({ name }) => name === shown.default_upload_channel);
  return (
    <Panel title={t('settings.title')}>
      <ActForm
        act={save}
        submit={t('action.save')}
        isMain
        notNow={obstacle ?? (isChanged ? undefined : t('settings.unchanged'))}
      >
        <TextField label={t('label.name')} required value={shown.name} onChange={(name) => change({ name })} />
        <SelectField
          label={t('settings.uploadChannel')}
          help={t('settings.uploadChannel.help')}
          value={shown.default_upload_channel}
          choices={[
            ...(isKnownChannel ? [] : [shown.default_upload_channel]),
            ...ofChannels.map(({ name }) => name),
          ].map((name) => ({ value: name, label: name }))}
          onChange={(default_upload_channel) => change({ default_upload_channel })}
        />
        <TextField
          label={t('settings.retention')}
          help={t('settings.retention.help')}
          type="number"
          min={0}
          max={730}
          value={String(inDays(shown.retention))}
          onChange={(days) => change({ retention: Number(days) })}
        />
        {SWITCHES.map((name) => (
          <CheckField
            key={name}
            label={t(`settings.${name}`)}
            isOn={shown[name]}
            notNow={obstacle}
            onChange={(isOn) => change({ [name]: isOn })}
          />
        ))}
      </ActForm>
    </Panel>
  );
}
