// A form that does one thing: its fields, what went wrong at the last try, and the button.

import type { ReactNode } from 'react';
import styles from './act-form.module.css';
import { Button } from './button.tsx';
import { Fault } from './states.tsx';

interface ActFormProps {
  /** The mutation that it makes. */
  readonly act: { readonly mutate: () => void; readonly error: unknown; readonly isPending: boolean };
  /** What the button says. */
  readonly submit: string;
  /** The main action of its page. */
  readonly isMain?: boolean;
  /** Why it cannot be done now. */
  readonly notNow?: string | undefined;
  /** Other ways, below the button. */
  readonly after?: ReactNode;
  readonly children: ReactNode;
}

export function ActForm({ act, submit, isMain = false, notNow, after, children }: ActFormProps) {
  return (
    <form
      className={styles['form']}
      onSubmit={(event) => {
        event.preventDefault();
        if (notNow === undefined) act.mutate();
      }}
    >
      {children}
      {act.error !== null && <Fault error={act.error} />}
      <Button type="submit" kind="primary" isMain={isMain} wide isBusy={act.isPending} notNow={notNow}>
        {submit}
      </Button>
      {after}
    </form>
  );
}
