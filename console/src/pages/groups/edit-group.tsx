// Renames a group, changes its apps, and switches it on and off.

import type { PushGroup } from '@overair/protocol/manage/push';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { useProof } from '../../shell/step-up.tsx';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { Button } from '../../ui/button.tsx';
import { CheckField } from '../../ui/field.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { useWords } from '../../words/words.tsx';
import { type GroupDraft, GroupFields } from './group-form.tsx';

export function EditGroup({ org, group }: { org: string; group: PushGroup }) {
  const { t } = useWords();
  const obstacle = useOrganizationObstacle(org, 'admin');
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button notNow={obstacle} onClick={() => setIsOpen(true)}>
        {t('groups.edit')}
      </Button>
      {isOpen && <EditSheet org={org} group={group} onClose={() => setIsOpen(false)} />}
    </>
  );
}

function EditSheet({ org, group, onClose }: { org: string; group: PushGroup; onClose: () => void }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const [draft, setDraft] = useState<GroupDraft>(group);
  const [enabled, setEnabled] = useState(group.enabled);
  const save = useMutation({
    mutationFn: () =>
      prove(() =>
        api.push.updateGroup({
          orgId: org,
          group_key: group.group_key,
          name: draft.name.trim(),
          app_ids: [...draft.app_ids],
          enabled,
        }),
      ),
    async onSuccess() {
      say(t('groups.saved', { name: draft.name }));
      onClose();
      await cache.invalidateQueries({ queryKey: ['org', org, 'groups'] });
    },
  });
  return (
    <Sheet title={group.name} onClose={onClose}>
      <ActForm act={save} submit={t('action.save')}>
        <GroupFields org={org} draft={draft} onChange={(part) => setDraft((before) => ({ ...before, ...part }))} />
        <CheckField label={t('groups.mayBeCalled')} isOn={enabled} onChange={setEnabled} />
      </ActForm>
    </Sheet>
  );
}
