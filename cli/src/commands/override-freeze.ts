// `--override-freeze <name>`, of every command that releases something.

import type { Command } from 'commander';
import type { GlobalOptions } from '../context.ts';

export interface OverrideOptions extends GlobalOptions {
  overrideFreeze?: string;
}

export const withOverride = (command: Command): Command =>
  command.option('--override-freeze <name>', 'release although the freeze of this name holds; takes the right admin');

export const overrideOf = ({ overrideFreeze }: OverrideOptions): { override_freeze?: string } =>
  overrideFreeze === undefined ? {} : { override_freeze: overrideFreeze };
