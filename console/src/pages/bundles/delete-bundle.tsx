// Deletes a bundle that no channel offers. Nothing brings it back, so its name is typed.

import type { Bundle } from '@overair/protocol/manage/bundle';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { outcomes } from '../../api/queries.ts';
import { useObstacle } from '../../api/rights.ts';
import { type Act, ActSheet } from '../../shell/act-sheet.tsx';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';

export function DeleteBundle({ app, bundle, isFree }: { app: string; bundle: Bundle; isFree: boolean }) {
  const { t } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  const obstacle = useObstacle(app, 'write') ?? (isFree ? undefined : t('bundles.inUse'));
  return (
    <>
      <Button kind="quiet" notNow={obstacle} onClick={() => setIsOpen(true)}>
        {t('bundles.delete', { bundle: bundle.name })}
      </Button>
      {isOpen && <DeleteSheet app={app} version={bundle.name} onClose={() => setIsOpen(false)} />}
    </>
  );
}

function DeleteSheet({ app, version, onClose }: { app: string; version: string; onClose: () => void }) {
  const { t } = useWords();
  const [typed, setTyped] = useState('');
  const { data } = useQuery(outcomes(app, { bundle: version, bucket: 'day' }));
  const running = data?.total.running ?? 0;
  const body = { app_id: app, version };
  const act: Act = {
    title: t('bundles.delete.title', { bundle: version }),
    consequence: t('bundles.delete.consequence', { bundle: version, running }),
    wayBack: t('bundles.delete.wayBack'),
    confirm: t('bundles.delete', { bundle: version }),
    isDanger: true,
    done: t('bundles.delete.done', { bundle: version }),
    command: `overair bundle delete ${version} ${app}`,
    call: { method: 'DELETE', path: '/bundle', body },
    run: () => api.bundles.delete(body),
  };
  return (
    <ActSheet act={act} notNow={typed === version ? undefined : t('bundles.delete.typeFirst')} onClose={onClose}>
      <TextField
        label={t('bundles.delete.type', { bundle: version })}
        value={typed}
        onChange={setTyped}
        autoCapitalize="none"
        spellCheck={false}
      />
    </ActSheet>
  );
}
