// The one place that sets up the kit of controls: theme, nonce of the page's policy, light and dark as the system says.

import { createTheme, type MantineColorsTuple, MantineProvider } from '@mantine/core';
import '@mantine/core/styles/baseline.css';
import '@mantine/core/styles/default-css-variables.css';
import '@mantine/core/styles/global.css';
import '@mantine/core/styles/UnstyledButton.css';
import '@mantine/core/styles/VisuallyHidden.css';
import '@mantine/core/styles/Loader.css';
import '@mantine/core/styles/ActionIcon.css';
import '@mantine/core/styles/Input.css';
import '@mantine/core/styles/InlineInput.css';
import '@mantine/core/styles/PasswordInput.css';
import '@mantine/core/styles/Checkbox.css';
import '@mantine/core/styles/Button.css';
import './tokens.css';
import type { ReactNode } from 'react';

const BLUE: MantineColorsTuple = [
  '#eef1fd',
  '#dbe1fa',
  '#b4c1f4',
  '#8a9fee',
  '#687fe8',
  '#526de5',
  '#4763e4',
  '#3a53cb',
  '#2f4fd0',
  '#253f9f',
];

const theme = createTheme({
  primaryColor: 'overair',
  colors: { overair: BLUE },
  // White on the lighter shades falls below 4.5:1.
  primaryShade: { light: 8, dark: 7 },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', sans-serif",
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 8,
  cursorType: 'pointer',
  respectReducedMotion: true,
});

/** The system decides, so there is nothing to keep. */
const bySystem = {
  get: () => 'auto' as const,
  set() {},
  subscribe() {},
  unsubscribe() {},
  clear() {},
};

/** The kit's own words for what tokens.css says. */
const colours = {
  '--mantine-color-dimmed': 'var(--quiet)',
  '--mantine-color-placeholder': 'var(--quiet)',
  '--mantine-color-error': 'var(--bad)',
};
const variables = () => ({ variables: {}, light: colours, dark: colours });

const nonce = () => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

export function Look({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={bySystem}
      getStyleNonce={nonce}
      cssVariablesResolver={variables}
    >
      {children}
    </MantineProvider>
  );
}
