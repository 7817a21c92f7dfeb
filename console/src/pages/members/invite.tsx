// Invites somebody. Who has no account yet gets a link, which is shown once.

import type { Right } from '@overair/protocol/manage/member';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { useProof } from '../../shell/step-up.tsx';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { TextField } from '../../ui/field.tsx';
import { MakeOnce } from '../../ui/make-once.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { useWords } from '../../words/words.tsx';
import { RightField } from './right-field.tsx';

interface Invited {
  readonly email: string;
  readonly link: string;
}

export function Invite({ org }: { org: string }) {
  const { t } = useWords();
  return (
    <MakeOnce<Invited>
      label={t('members.invite')}
      notNow={useOrganizationObstacle(org, 'admin')}
      sheet={({ onClose, onMade }) => <InviteSheet org={org} onClose={onClose} onInvited={onMade} />}
      shown={({ email, link }) => ({
        title: t('members.link', { email }),
        sentence: t('members.link.sentence'),
        parts: [{ label: t('release.link'), text: link }],
      })}
    />
  );
}

interface InviteSheetProps {
  readonly org: string;
  readonly onClose: () => void;
  /** With the link, where there is one to hand over. */
  readonly onInvited: (invited: Invited | undefined) => void;
}

function InviteSheet({ org, onClose, onInvited }: InviteSheetProps) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const [email, setEmail] = useState('');
  const [right, setRight] = useState<Right>('read');
  const invite = useMutation({
    async mutationFn() {
      const body = { orgId: org, email: email.trim(), invite_type: right };
      const { data } = await prove(() => api.organizations.invite(body));
      if (data.invite_link === undefined) say(t('members.invite.done', { email: data.email }));
      onInvited(data.invite_link === undefined ? undefined : { email: data.email, link: data.invite_link });
      await cache.invalidateQueries({ queryKey: ['org', org, 'members'] });
    },
  });
  return (
    <Sheet title={t('members.invite.title')} onClose={onClose}>
      <ActForm act={invite} submit={t('members.invite.submit')}>
        <TextField
          label={t('signIn.email')}
          type="email"
          required
          autoComplete="off"
          value={email}
          onChange={setEmail}
        />
        <RightField value={right} onChange={setRight} />
      </ActForm>
    </Sheet>
  );
}
