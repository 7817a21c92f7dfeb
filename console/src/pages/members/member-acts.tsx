// Gives a member another right, or takes them out.

import type { Member, Right } from '@overair/protocol/manage/member';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { ActSheet } from '../../shell/act-sheet.tsx';
import { useProof } from '../../shell/step-up.tsx';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { Button } from '../../ui/button.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { rightOf } from '../../words/rights.ts';
import { useWords } from '../../words/words.tsx';
import { RightField } from './right-field.tsx';

interface OfMember {
  readonly org: string;
  readonly member: Member;
}

export function ChangeRight({ org, member }: OfMember) {
  const { t } = useWords();
  const obstacle = useOrganizationObstacle(org, 'admin');
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button kind="quiet" notNow={obstacle} onClick={() => setIsOpen(true)}>
        {t('members.change')}
      </Button>
      {isOpen && <ChangeSheet org={org} member={member} onClose={() => setIsOpen(false)} />}
    </>
  );
}

function ChangeSheet({ org, member, onClose }: OfMember & { onClose: () => void }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const { email } = member;
  const before = rightOf(member);
  const [right, setRight] = useState<Right>(before);
  const give = (role: Right) => prove(() => api.organizations.changeMember({ orgId: org, email, role }));
  const change = useMutation({
    mutationFn: () => give(right),
    async onSuccess() {
      say(t('members.changed', { email, right }), () => give(before));
      onClose();
      await cache.invalidateQueries({ queryKey: ['org', org, 'members'] });
    },
  });
  return (
    <Sheet title={email} onClose={onClose}>
      <ActForm act={change} submit={t('action.save')}>
        <RightField value={right} onChange={setRight} />
      </ActForm>
    </Sheet>
  );
}

export function RemoveMember({ org, member: { email, is_tmp } }: OfMember) {
  const { t } = useWords();
  const obstacle = useOrganizationObstacle(org, 'admin');
  const [isOpen, setIsOpen] = useState(false);
  const body = { orgId: org, email };
  return (
    <>
      <Button kind="quiet" notNow={obstacle} onClick={() => setIsOpen(true)}>
        {t(is_tmp ? 'members.cancel' : 'members.remove')}
      </Button>
      {isOpen && (
        <ActSheet
          act={{
            title: t('members.remove.title', { email }),
            consequence: t(is_tmp ? 'members.cancel.consequence' : 'members.remove.consequence', { email }),
            wayBack: t('members.remove.wayBack'),
            confirm: t('members.remove.confirm', { email }),
            isDanger: true,
            done: t('members.remove.done', { email }),
            command: `overair org remove ${email} --org ${org}`,
            call: { method: 'DELETE', path: '/organization/members', body },
            run: () => api.organizations.removeMember(body),
          }}
          onClose={() => setIsOpen(false)}
        />
      )}
    </>
  );
}
