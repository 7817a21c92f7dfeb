// The first app and its channel, as the updater plugin will name them.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { me } from '../../api/queries.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { TextField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';

export function FirstApp({ app, onMade }: { app: string | undefined; onMade: (app_id: string) => void }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const { data: person } = useQuery(me);
  const [app_id, setAppId] = useState('');
  const [name, setName] = useState('');
  const make = useMutation({
    async mutationFn() {
      const owner_org = person?.organizations[0]?.id ?? '';
      const made = await api.apps.create({ app_id: app_id.trim(), name: name.trim() || app_id.trim(), owner_org });
      await api.channels.save({ app_id: made.app_id, channel: 'production', public: true });
      return made.app_id;
    },
    async onSuccess(made) {
      onMade(made);
      await cache.invalidateQueries({ queryKey: ['apps'] });
    },
  });
  if (app !== undefined) return <p>{t('setUp.app.made', { app })}</p>;
  return (
    <ActForm act={make} submit={t('setUp.app.submit')} isMain>
      <TextField
        label={t('setUp.app.id')}
        help={t('setUp.app.id.help')}
        name="app_id"
        placeholder="com.example.app"
        required
        value={app_id}
        onChange={setAppId}
        autoCapitalize="none"
        spellCheck={false}
      />
      <TextField label={t('setUp.app.name')} name="app_name" value={name} onChange={setName} />
    </ActForm>
  );
}
