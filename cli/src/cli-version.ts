// The version of this package, sent with every bundle and printed by `--version`.

import { readFileSync } from 'node:fs';

export function cliVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
