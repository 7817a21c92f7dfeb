// An app without push: turning it on shows its two keys, the secret one once.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useObstacle } from '../../api/rights.ts';
import { useProof } from '../../shell/step-up.tsx';
import { Button } from '../../ui/button.tsx';
import { Panel } from '../../ui/page.tsx';
import { ShownOnce } from '../../ui/shown-once.tsx';
import { Empty, Fault } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';

interface Keys {
  readonly app_key: string;
  readonly master_secret: string;
}

export function TurnOnPush({ app }: { app: string }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const obstacle = useObstacle(app, 'write');
  const [keys, setKeys] = useState<Keys>();
  const turnOn = useMutation({
    mutationFn: async () => setKeys(await prove(() => api.push.enable({ app_id: app }))),
  });
  return (
    <Panel>
      <Empty sentence={t('push.off')} command={`overair push enable ${app}`}>
        <Button kind="primary" isMain notNow={obstacle} isBusy={turnOn.isPending} onClick={() => turnOn.mutate()}>
          {t('push.turnOn')}
        </Button>
        {turnOn.error && <Fault error={turnOn.error} />}
      </Empty>
      {keys && (
        <ShownOnce
          title={t('push.on')}
          sentence={t('push.on.sentence')}
          parts={[
            { label: 'AppKey', text: keys.app_key },
            { label: t('push.masterSecret'), text: keys.master_secret },
          ]}
          onClose={() => {
            setKeys(undefined);
            void cache.invalidateQueries({ queryKey: ['app', app, 'push'] });
          }}
        />
      )}
    </Panel>
  );
}
