// What the owner reads when the server has started.

import { CLI_COMMAND, findCliFolder } from './cli-command.ts';
import type { Config } from './config.ts';

/** `key`: the first key, when it was made just now. It is printed once and never again. */
export function greeting(config: Config, port: number, key: string | undefined): string {
  const cliFolder = findCliFolder();
  const here = `http://localhost:${port}`;
  const storage = config.databaseUrl ? 'PostgreSQL' : `the embedded database in ${config.dataDir}`;
  // Browsers reach it there alone: the check of a request's origin goes by the public address.
  const lines = ['', `  Overair is ready on ${here}`, `  Console: ${config.publicUrl}/ui`, `  Data: ${storage}`];
  if (key !== undefined) {
    lines.push('', `  Admin key (shown only this once): ${key}`, '', '  Next, in the folder of your app:');
    // Never with the key in it: command lines stay in the shell's history and in the list of processes.
    if (cliFolder) lines.push(`    export PATH="${cliFolder}:$PATH"`);
    lines.push(`    ${CLI_COMMAND} login --server ${here}    # and paste the key`);
  }
  if (config.publicUrl.includes('//localhost')) {
    lines.push('', '  Phones need an address they can reach: set OVERAIR_PUBLIC_URL before you release anything.');
  }
  return `${lines.join('\n')}\n\n`;
}
