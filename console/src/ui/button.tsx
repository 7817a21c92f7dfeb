// Buttons say what they will do. One that may not be used stays in its place and says why.

import { Button as KitButton } from '@mantine/core';
import { type ReactNode, useId } from 'react';

interface ButtonProps {
  readonly children: ReactNode;
  readonly onClick?: () => void;
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  readonly type?: 'button' | 'submit';
  readonly icon?: ReactNode;
  readonly isBusy?: boolean;
  /** Why it cannot be used now: the missing right, or what has to happen before. */
  readonly notNow?: string | undefined;
  /** The main action of the page: there is one at most. */
  readonly isMain?: boolean;
  readonly wide?: boolean;
}

const looks = {
  primary: { variant: 'filled' },
  plain: { variant: 'default' },
  danger: { variant: 'filled', color: 'red.9' },
  quiet: { variant: 'subtle' },
} as const;

export function Button({
  children,
  onClick,
  kind = 'plain',
  type = 'button',
  icon,
  isBusy,
  notNow,
  isMain,
  wide,
}: ButtonProps) {
  const reason = useId();
  const isOff = notNow !== undefined;
  return (
    <>
      <KitButton
        {...looks[kind]}
        type={type}
        fullWidth={wide ?? false}
        leftSection={icon}
        loading={isBusy ?? false}
        // Not `disabled`: it has to be reachable to say why.
        aria-disabled={isOff || undefined}
        aria-describedby={isOff ? reason : undefined}
        title={notNow}
        data-main-action={isMain || undefined}
        style={isOff ? { opacity: 0.55, cursor: 'not-allowed' } : undefined}
        onClick={isOff ? (event) => event.preventDefault() : onClick}
      >
        {children}
      </KitButton>
      {isOff && (
        <span id={reason} className="only-read-aloud">
          {notNow}
        </span>
      )}
    </>
  );
}
