// How the server's own words name the command line, and where it lies.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The program, not a package: none is published under this name, so `npx` would fetch a stranger's. */
export const CLI_COMMAND = 'overair';

/** The folder of a clone that holds the command line and the Node that it runs on; undefined where this is no clone. */
export function findCliFolder(): string | undefined {
  const folder = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
  return existsSync(`${folder}/${CLI_COMMAND}`) ? folder : undefined;
}
