// A new group; its secret is shown once.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { useProof } from '../../shell/step-up.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { MakeOnce } from '../../ui/make-once.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { useWords } from '../../words/words.tsx';
import { type GroupDraft, GroupFields } from './group-form.tsx';

interface Made {
  readonly group_key: string;
  readonly group_secret: string;
}

export function NewGroup({ org }: { org: string }) {
  const { t } = useWords();
  return (
    <MakeOnce<Made>
      label={t('groups.new')}
      notNow={useOrganizationObstacle(org, 'admin')}
      sheet={(then) => <NewGroupSheet org={org} {...then} />}
      shown={({ group_key, group_secret }) => ({
        title: t('groups.made'),
        sentence: t('groups.made.sentence'),
        parts: [
          { label: t('groups.key'), text: group_key },
          { label: t('groups.secret'), text: group_secret },
        ],
      })}
    />
  );
}

interface NewGroupSheetProps {
  readonly org: string;
  readonly onClose: () => void;
  readonly onMade: (made: Made) => void;
}

function NewGroupSheet({ org, onClose, onMade }: NewGroupSheetProps) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const [draft, setDraft] = useState<GroupDraft>({ name: '', app_ids: [] });
  const make = useMutation({
    async mutationFn() {
      const body = { orgId: org, name: draft.name.trim(), app_ids: [...draft.app_ids] };
      onMade(await prove(() => api.push.createGroup(body)));
      await cache.invalidateQueries({ queryKey: ['org', org, 'groups'] });
    },
  });
  return (
    <Sheet title={t('groups.new')} onClose={onClose}>
      <ActForm act={make} submit={t('groups.submit')}>
        <GroupFields org={org} draft={draft} onChange={(part) => setDraft((before) => ({ ...before, ...part }))} />
      </ActForm>
    </Sheet>
  );
}
