// Fields of forms: a label above, help and fault below, paste always allowed.

import { Checkbox, NativeSelect, PasswordInput, Textarea, TextInput } from '@mantine/core';
import type { ComponentProps, ReactNode } from 'react';

interface Common {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly fault?: string | undefined;
}

type Native<Of extends 'input' | 'select' | 'textarea'> = Omit<
  ComponentProps<Of>,
  'size' | 'ref' | 'color' | 'onChange' | 'value'
>;

interface Spoken {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function TextField({ help, fault, onChange, ...rest }: Common & Spoken & Native<'input'>) {
  return (
    <TextInput {...rest} description={help} error={fault} onChange={(event) => onChange(event.currentTarget.value)} />
  );
}

export function TextAreaField({ help, fault, onChange, ...rest }: Common & Spoken & Native<'textarea'>) {
  return (
    <Textarea
      {...rest}
      rows={4}
      description={help}
      error={fault}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** `showLabel`: for the button that shows what was typed. */
export function PasswordField({
  help,
  fault,
  onChange,
  showLabel,
  ...rest
}: Common & Spoken & Native<'input'> & { showLabel: string }) {
  return (
    <PasswordInput
      {...rest}
      description={help}
      error={fault}
      // In the order of the tab key: who cannot see needs it most.
      visibilityToggleButtonProps={{ 'aria-label': showLabel, tabIndex: 0 }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface Choice {
  readonly value: string;
  readonly label: string;
}

export function SelectField({
  help,
  fault,
  onChange,
  choices,
  ...rest
}: Common & Spoken & Native<'select'> & { choices: readonly Choice[] }) {
  return (
    <NativeSelect
      {...rest}
      data={[...choices]}
      description={help}
      error={fault}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

export function CheckField({
  label,
  help,
  isOn,
  onChange,
  notNow,
}: Common & { isOn: boolean; onChange: (isOn: boolean) => void; notNow?: string | undefined }) {
  return (
    <Checkbox
      // 24 px: a target for a thumb.
      size="md"
      label={label}
      description={notNow ?? help}
      checked={isOn}
      disabled={notNow !== undefined}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}
