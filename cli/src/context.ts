// What every command is given: where it runs, what the environment says, and a way to talk.

import type { Ui } from './terminal/ui.ts';

export interface Context {
  cwd: string;
  env: NodeJS.ProcessEnv;
  ui: Ui;
}

/** Options that every command knows. */
export interface GlobalOptions {
  json?: boolean;
  yes?: boolean;
  apikey?: string;
  server?: string;
}
