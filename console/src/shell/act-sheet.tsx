// The sheet before every act that phones feel: what it does to how many, the way back, and the same act in a terminal.

import type { MovingCall } from '@overair/protocol/manage/rehearsal';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { commit, newIdempotencyKey, prepared } from '../api/rehearsals.ts';
import { serverUrl } from '../base-path.ts';
import { Button } from '../ui/button.tsx';
import { CopyBlock } from '../ui/copy.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { Answered, Fault } from '../ui/states.tsx';
import { useWords } from '../words/words.tsx';
import styles from './act-sheet.module.css';
import { useIsOnline } from './online.ts';
import { RehearsalView } from './rehearsal-view.tsx';
import { useProof } from './step-up.tsx';
import { say } from './toasts.tsx';

export interface Act {
  readonly title: string;
  /** What it does to how many phones. */
  readonly consequence: string;
  readonly wayBack: string;
  readonly confirm: string;
  readonly isDanger?: boolean;
  readonly done: string;
  /** The same as a command of the CLI; where there is none the call has to do. */
  readonly command?: string;
  readonly call: {
    readonly method: 'POST' | 'PUT' | 'DELETE';
    readonly path: string;
    readonly body: Record<string, unknown>;
  };
  /** Of calls that the server does not rehearse; all others are prepared, and committed as they were reviewed. */
  readonly run?: () => Promise<unknown>;
}

interface ActSheetProps {
  readonly act: Act;
  readonly children?: ReactNode;
  readonly notNow?: string | undefined;
  readonly onClose: () => void;
}

export function ActSheet({ act, children, notNow, onClose }: ActSheetProps) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const isOnline = useIsOnline();
  const isRehearsed = act.run === undefined;
  const call = `${act.call.method} ${act.call.path}` as MovingCall;
  const preparation = useQuery(prepared(call, act.call.body, isRehearsed && notNow === undefined));
  const [key] = useState(newIdempotencyKey);
  const mutation = useMutation({
    mutationFn: async () => {
      if (act.run !== undefined) return prove(act.run);
      const { data } = preparation;
      return data && prove(() => commit(data, `${key} ${data.token.slice(0, 8)}`));
    },
    async onSuccess() {
      say(act.done);
      onClose();
      await cache.invalidateQueries();
    },
  });
  const isPreparing = isRehearsed && preparation.data === undefined;
  const obstacle = notNow ?? (isOnline ? undefined : t('state.offline'));
  return (
    <Sheet
      title={act.title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            kind={act.isDanger ? 'danger' : 'primary'}
            isBusy={mutation.isPending}
            notNow={obstacle ?? (isPreparing ? t('rehearsal.busy') : undefined)}
            onClick={() => mutation.mutate()}
          >
            {act.confirm}
          </Button>
        </>
      }
    >
      <p className={styles['consequence']}>{act.consequence}</p>
      {children}
      {isRehearsed && notNow === undefined && (
        <Answered query={preparation} rows={1}>
          {({ rehearsal }) => <RehearsalView rehearsal={rehearsal} />}
        </Answered>
      )}
      <p>
        <strong>{t('act.wayBack')}</strong> {act.wayBack}
      </p>
      {mutation.error && (
        <Fault
          error={mutation.error}
          onRetry={() => {
            mutation.reset();
            void preparation.refetch();
          }}
        />
      )}
      <SameInTerminal act={act} />
    </Sheet>
  );
}

function SameInTerminal({ act: { command, call } }: { act: Act }) {
  const { t } = useWords();
  const method = call.method === 'POST' ? '' : `-X ${call.method} `;
  const body = JSON.stringify(call.body).replaceAll("'", "'\\''");
  return (
    <details className={styles['terminal']}>
      <summary>{t('act.inTerminal')}</summary>
      <div>
        {command && <CopyBlock text={command} label={t('label.command')} />}
        <CopyBlock
          text={`curl -s ${method}${serverUrl}${call.path} -H "x-api-key: $OVERAIR_TOKEN" \\\n  -d '${body}'`}
          label="curl"
        />
      </div>
    </details>
  );
}
