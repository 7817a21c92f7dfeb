// First to one phone of one's own, then to all of them: the sheet says to how many.

import type { GroupPushReach } from '@overair/protocol/manage/push-send';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api } from '../../api/client.ts';
import type { Addressee } from '../../api/push-queries.ts';
import { newIdempotencyKey } from '../../api/rehearsals.ts';
import { useObstacle } from '../../api/rights.ts';
import { type Act, ActSheet } from '../../shell/act-sheet.tsx';
import { useProof } from '../../shell/step-up.tsx';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Panel } from '../../ui/page.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './compose.module.css';
import { audienceOf, type Draft, requestOf } from './draft.ts';
import { Reached } from './reach-view.tsx';

interface ReviewProps {
  readonly app: string;
  readonly to: Addressee;
  /** Of the app, or of the group. */
  readonly name: string;
  readonly draft: Draft;
  /** Undefined while it is not known: nothing is sent then. */
  readonly reached: GroupPushReach | undefined;
}

export function Review({ app, to, name, draft, reached }: ReviewProps) {
  const { t } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  const isGroup = 'group_key' in to;
  const missing = useObstacle(app, isGroup ? 'admin' : 'write');
  const notYet = draft.text.trim() === '' ? t('compose.needs.text') : undefined;
  const nobody = reached === undefined || reached.devices === 0 ? t('compose.needs.somebody') : undefined;
  const act = useSendAct({ app, to, name, draft, reached });
  return (
    <>
      <Button
        kind="primary"
        isMain
        wide
        icon={<Icon name="send" size={16} />}
        notNow={missing ?? notYet ?? nobody}
        onClick={() => setIsOpen(true)}
      >
        {t('compose.review')}
      </Button>
      <TestSend app={app} draft={draft} notNow={missing ?? notYet} />
      {isOpen && (
        <ActSheet act={act} onClose={() => setIsOpen(false)}>
          <blockquote className={styles['quote']}>
            {draft.title !== '' && <strong>{draft.title}</strong>}
            <p>{draft.text}</p>
          </blockquote>
          {reached && <Reached reached={reached} isGroup={isGroup} />}
        </ActSheet>
      )}
    </>
  );
}

function useSendAct({ app, to, name, draft, reached }: ReviewProps): Act {
  const { t, number } = useWords();
  const navigate = useNavigate();
  const isGroup = 'group_key' in to;
  const audience = audienceOf(draft);
  const said = JSON.stringify([to, draft]);
  // Another text is another message.
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew when the message changes
  const cid = useMemo(newIdempotencyKey, [said]);
  const push = requestOf(draft, audience, cid);
  const count = reached?.devices ?? 0;
  const show = (app_id: string, message: string) =>
    void navigate({ to: '/app/$app/push/$message', params: { app: app_id, message } });
  return {
    title: t('compose.send.title', { name }),
    consequence: t(isGroup ? 'compose.send.group' : 'compose.send.app', {
      count,
      devices: number(count),
      name,
      apps: reached?.apps.filter(({ devices }) => devices > 0).length ?? 0,
    }),
    wayBack: t('compose.send.wayBack'),
    confirm: t('compose.send.confirm', { count, devices: number(count) }),
    isDanger: true,
    done: t('compose.send.done'),
    command: commandOf(to, audience, draft),
    call: { method: 'POST', path: isGroup ? '/push/group/send' : '/push/send', body: { ...to, push } },
    async run() {
      if (!isGroup) return show(app, (await api.push.send({ ...to, push })).msg_id);
      const { apps } = await api.push.sendToGroup({ ...to, push });
      const first =
        apps.find(({ app_id, msg_id }) => app_id === app && msg_id !== null) ?? apps.find(({ msg_id }) => msg_id);
      if (first?.msg_id) show(first.app_id, first.msg_id);
    },
  };
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function commandOf(to: Addressee, audience: unknown, { title, text, url }: Draft): string {
  return [
    'group_key' in to ? `overair push-group send ${to.group_key}` : `overair push send ${to.app_id}`,
    `--text ${quoted(text)}`,
    ...(title === '' ? [] : [`--title ${quoted(title)}`]),
    ...(url === '' ? [] : [`--url ${quoted(url)}`]),
    `--to ${quoted(typeof audience === 'string' ? audience : JSON.stringify(audience ?? 'all'))}`,
  ].join(' ');
}

/** To one phone, as it will be sent to all. */
function TestSend({ app, draft, notNow }: { app: string; draft: Draft; notNow: string | undefined }) {
  const { t } = useWords();
  const prove = useProof();
  const [alias, setAlias] = useState('');
  const send = useMutation({
    async mutationFn() {
      const push = requestOf(draft, { alias: [alias.trim()] });
      await prove(() => api.push.send({ app_id: app, push }));
    },
    onSuccess: () => say(t('compose.test.done', { alias })),
  });
  return (
    <Panel title={t('compose.test')}>
      <ActForm act={send} submit={t('compose.test.submit')} notNow={notNow}>
        <TextField
          label={t('compose.test.alias')}
          help={t('compose.test.help')}
          required
          value={alias}
          onChange={setAlias}
          autoCapitalize="none"
          spellCheck={false}
        />
      </ActForm>
    </Panel>
  );
}
