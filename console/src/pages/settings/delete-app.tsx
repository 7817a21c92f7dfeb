// Deletes an app with all that it owns. Nothing brings it back, so its id is typed.

import type { App } from '@overair/protocol/manage/app';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { outcomes } from '../../api/queries.ts';
import { useObstacle } from '../../api/rights.ts';
import { ActSheet } from '../../shell/act-sheet.tsx';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Panel } from '../../ui/page.tsx';
import { useWords } from '../../words/words.tsx';

export function DeleteApp({ app: { app_id, name } }: { app: App }) {
  const { t } = useWords();
  const obstacle = useObstacle(app_id, 'admin');
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Panel title={t('settings.delete.panel')}>
      <Button kind="danger" notNow={obstacle} onClick={() => setIsOpen(true)}>
        {t('settings.delete', { name })}
      </Button>
      {isOpen && <DeleteSheet app_id={app_id} name={name} onClose={() => setIsOpen(false)} />}
    </Panel>
  );
}

interface DeleteSheetProps {
  readonly app_id: string;
  readonly name: string;
  readonly onClose: () => void;
}

function DeleteSheet({ app_id, name, onClose }: DeleteSheetProps) {
  const { t } = useWords();
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const { data } = useQuery(outcomes(app_id, { bucket: 'day' }));
  return (
    <ActSheet
      act={{
        title: t('settings.delete.title', { name }),
        consequence: t('settings.delete.consequence', { running: data?.total.running ?? 0 }),
        wayBack: t('settings.delete.wayBack'),
        confirm: t('settings.delete.confirm', { name }),
        isDanger: true,
        done: t('settings.delete.done', { name }),
        command: `overair app delete ${app_id}`,
        call: { method: 'DELETE', path: `/app/${app_id}`, body: {} },
        run: async () => {
          await api.apps.delete(app_id);
          await navigate({ to: '/' });
        },
      }}
      notNow={typed === app_id ? undefined : t('settings.delete.typeFirst')}
      onClose={onClose}
    >
      <TextField
        label={t('settings.delete.type', { app: app_id })}
        value={typed}
        onChange={setTyped}
        autoCapitalize="none"
        spellCheck={false}
      />
    </ActSheet>
  );
}
