// Keeps an audience under a name.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useObstacle } from '../../api/rights.ts';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Panel } from '../../ui/page.tsx';
import { useWords } from '../../words/words.tsx';

const SELECTORS = ['tag', 'tag_and', 'tag_not', 'alias', 'running', 'running_not', 'channel'] as const;
type Selector = (typeof SELECTORS)[number];
const FACTS: readonly string[] = ['running', 'running_not', 'channel'];

export function NewAudience({ app }: { app: string }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const obstacle = useObstacle(app, 'write');
  const [name, setName] = useState('');
  const [selector, setSelector] = useState<Selector>('tag');
  const [names, setNames] = useState('');
  const make = useMutation({
    mutationFn() {
      const list = names
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean);
      const chosen = { [selector]: list };
      const audience = FACTS.includes(selector) ? { live_update: chosen } : chosen;
      return api.push.createSegment({ app_id: app, name: name.trim(), audience });
    },
    async onSuccess(made) {
      say(t('audiences.made', { name: made.name }));
      setName('');
      setNames('');
      await cache.invalidateQueries({ queryKey: ['app', app, 'push', 'segments'] });
    },
  });
  return (
    <Panel title={t('audiences.new')}>
      <ActForm act={make} submit={t('audiences.submit')} isMain notNow={obstacle}>
        <TextField label={t('label.name')} required value={name} onChange={setName} />
        <SelectField
          label={t('audiences.who')}
          value={selector}
          choices={SELECTORS.map((each) => ({ value: each, label: t(`audiences.by.${each}`) }))}
          onChange={(value) => setSelector(value as Selector)}
        />
        <TextField
          label={t('audiences.names')}
          help={t('compose.names.help')}
          required
          value={names}
          onChange={setNames}
          autoCapitalize="none"
          spellCheck={false}
        />
      </ActForm>
    </Panel>
  );
}
