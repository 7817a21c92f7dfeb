// A new group; its secret is shown once.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { useProof } from '../../shell/step-up.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { ShownOnce } from '../../ui/shown-once.tsx';
import { useWords } from '../../words/words.tsx';
import { type GroupDraft, GroupFields } from './group-form.tsx';

export function NewGroup({ org }: { org: string }) {
  const { t } = useWords();
  const obstacle = useOrganizationObstacle(org, 'admin');
  const [isOpen, setIsOpen] = useState(false);
  const [made, setMade] = useState<{ group_key: string; group_secret: string }>();
  return (
    <>
      <Button
        kind="primary"
        isMain
        icon={<Icon name="plus" size={16} />}
        notNow={obstacle}
        onClick={() => setIsOpen(true)}
      >
        {t('groups.new')}
      </Button>
      {isOpen && (
        <NewGroupSheet
          org={org}
          onClose={() => setIsOpen(false)}
          onMade={(keys) => {
            setIsOpen(false);
            setMade(keys);
          }}
        />
      )}
      {made && (
        <ShownOnce
          title={t('groups.made')}
          sentence={t('groups.made.sentence')}
          parts={[
            { label: t('groups.key'), text: made.group_key },
            { label: t('groups.secret'), text: made.group_secret },
          ]}
          onClose={() => setMade(undefined)}
        />
      )}
    </>
  );
}

interface NewGroupSheetProps {
  readonly org: string;
  readonly onClose: () => void;
  readonly onMade: (keys: { group_key: string; group_secret: string }) => void;
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
