// A new secret for a group, and deleting it: each says before what stops to work.

import type { PushGroup } from '@overair/protocol/manage/push';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { ActSheet } from '../../shell/act-sheet.tsx';
import { Button } from '../../ui/button.tsx';
import { ShownOnce } from '../../ui/shown-once.tsx';
import { useWords } from '../../words/words.tsx';

interface OfGroup {
  readonly org: string;
  readonly group: PushGroup;
}

export function RotateSecret({ org, group: { group_key, name } }: OfGroup) {
  const { t } = useWords();
  const obstacle = useOrganizationObstacle(org, 'admin');
  const [isOpen, setIsOpen] = useState(false);
  const [secret, setSecret] = useState<string>();
  const body = { orgId: org, group_key };
  return (
    <>
      <Button notNow={obstacle} onClick={() => setIsOpen(true)}>
        {t('groups.rotate')}
      </Button>
      {isOpen && (
        <ActSheet
          act={{
            title: t('groups.rotate.title', { name }),
            consequence: t('groups.rotate.consequence'),
            wayBack: t('groups.rotate.wayBack'),
            confirm: t('groups.rotate.confirm'),
            done: t('groups.rotate.done'),
            command: `overair push-group rotate ${group_key}`,
            call: { method: 'POST', path: '/push/group/rotate', body },
            run: async () => setSecret((await api.push.rotateGroupSecret(body)).group_secret),
          }}
          onClose={() => setIsOpen(false)}
        />
      )}
      {secret !== undefined && (
        <ShownOnce
          title={t('groups.rotated')}
          sentence={t('groups.rotate.consequence')}
          parts={[{ label: t('groups.secret'), text: secret }]}
          onClose={() => setSecret(undefined)}
        />
      )}
    </>
  );
}

export function DeleteGroup({ org, group: { group_key, name, app_ids } }: OfGroup) {
  const { t } = useWords();
  const obstacle = useOrganizationObstacle(org, 'admin');
  const [isOpen, setIsOpen] = useState(false);
  const body = { orgId: org, group_key };
  return (
    <>
      <Button kind="quiet" notNow={obstacle} onClick={() => setIsOpen(true)}>
        {t('groups.delete')}
      </Button>
      {isOpen && (
        <ActSheet
          act={{
            title: t('groups.delete.title', { name }),
            consequence: t('groups.delete.consequence', { count: app_ids.length }),
            wayBack: t('groups.delete.wayBack'),
            confirm: t('groups.delete.confirm', { name }),
            isDanger: true,
            done: t('groups.delete.done', { name }),
            command: `overair push-group delete ${group_key}`,
            call: { method: 'DELETE', path: '/push/group', body },
            run: () => api.push.deleteGroup(body),
          }}
          onClose={() => setIsOpen(false)}
        />
      )}
    </>
  );
}
