// Passkeys: one gesture instead of password and code.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { passkeysWork, registerPasskey, wasCancelled } from '../../api/passkeys.ts';
import { passkeys, ways } from '../../api/queries.ts';
import { type OwnPasskey, session } from '../../api/session.ts';
import { useProof } from '../../shell/step-up.tsx';
import { say } from '../../shell/toasts.tsx';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Panel } from '../../ui/page.tsx';
import { Answered, Fault } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { useWords } from '../../words/words.tsx';
import styles from '../sign-in/sign-in.module.css';

export function Passkeys() {
  const { t } = useWords();
  const query = useQuery(passkeys);
  return (
    <Panel title={t('passkeys.title')} aside={t('passkeys.aside')}>
      <div className={styles['form']}>
        <Answered query={query} rows={1}>
          {(rows) => (rows.length === 0 ? <p>{t('passkeys.none')}</p> : <List rows={rows} />)}
        </Answered>
        <NewPasskey />
      </div>
    </Panel>
  );
}

function List({ rows }: { rows: readonly OwnPasskey[] }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const remove = useMutation({
    mutationFn: (id: string) => prove(() => session.removePasskey(id)),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['me'] }),
  });
  return (
    <>
      <Table
        caption={t('passkeys.title')}
        rows={rows}
        keyOf={({ id }) => id}
        columns={[
          { name: t('passkeys.name'), cell: ({ name }) => name },
          { name: t('passkeys.made'), cell: ({ created_at }) => <Moment at={created_at} /> },
          {
            name: t('passkeys.used'),
            cell: ({ last_used_at }) => (last_used_at === null ? '–' : <Moment at={last_used_at} />),
          },
          {
            name: t('label.deed'),
            cell: ({ id, name }) => (
              <Button kind="quiet" onClick={() => remove.mutate(id)}>
                {t('passkeys.remove', { name })}
              </Button>
            ),
          },
        ]}
      />
      {remove.error && <Fault error={remove.error} />}
    </>
  );
}

function NewPasskey() {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const { data } = useQuery(ways);
  const [name, setName] = useState('');
  const register = useMutation({
    mutationFn: () => prove(() => registerPasskey(name.trim() || t('passkeys.unnamed'))),
    async onSuccess() {
      setName('');
      say(t('passkeys.added'));
      await cache.invalidateQueries({ queryKey: ['me'] });
    },
  });
  const obstacle = data?.passkeys.reason ?? (passkeysWork() ? undefined : t('passkeys.browser'));
  return (
    <form
      className={`${styles['form']} ${styles['short']}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (obstacle === undefined) register.mutate();
      }}
    >
      <TextField
        label={t('passkeys.name')}
        help={t('passkeys.name.help')}
        maxLength={100}
        value={name}
        onChange={setName}
      />
      {register.error && !wasCancelled(register.error) && <Fault error={register.error} />}
      <div>
        <Button type="submit" icon={<Icon name="key" size={16} />} isBusy={register.isPending} notNow={obstacle}>
          {t('passkeys.add')}
        </Button>
      </div>
      {obstacle !== undefined && <p>{obstacle}</p>}
    </form>
  );
}
