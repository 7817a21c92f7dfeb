// Invites somebody. Who has no account yet gets a link, which is shown once.

import type { Right } from '@overair/protocol/manage/member';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { useProof } from '../../shell/step-up.tsx';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { ShownOnce } from '../../ui/shown-once.tsx';
import { useWords } from '../../words/words.tsx';
import { RightField } from './right-field.tsx';

interface Invited {
  readonly email: string;
  readonly link: string;
}

export function Invite({ org }: { org: string }) {
  const { t } = useWords();
  const obstacle = useOrganizationObstacle(org, 'admin');
  const [isOpen, setIsOpen] = useState(false);
  const [invited, setInvited] = useState<Invited>();
  return (
    <>
      <Button
        kind="primary"
        isMain
        icon={<Icon name="plus" size={16} />}
        notNow={obstacle}
        onClick={() => setIsOpen(true)}
      >
        {t('members.invite')}
      </Button>
      {isOpen && (
        <InviteSheet
          org={org}
          onClose={() => setIsOpen(false)}
          onInvited={(made) => {
            setIsOpen(false);
            setInvited(made);
          }}
        />
      )}
      {invited && (
        <ShownOnce
          title={t('members.link', { email: invited.email })}
          sentence={t('members.link.sentence')}
          parts={[{ label: t('release.link'), text: invited.link }]}
          onClose={() => setInvited(undefined)}
        />
      )}
    </>
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
