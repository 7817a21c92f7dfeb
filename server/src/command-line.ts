// What can be asked of the program on its command line. Settings are environment variables: see config.ts.

import { StartError } from './errors.ts';

type Command = 'start' | 'help' | 'version';

const commands = new Map<string, Command>([
  ['start', 'start'],
  ['help', 'help'],
  ['--help', 'help'],
  ['-h', 'help'],
  ['version', 'version'],
  ['--version', 'version'],
  ['-v', 'version'],
]);

export const USAGE = `Usage: overair-server [command]

Commands:
  start            start the server (what happens without a command)
  help, --help     print this
  version, --version

Settings are environment variables; none needs to be set. The most used:
  PORT, HOST               where it listens (3000, 0.0.0.0)
  OVERAIR_PUBLIC_URL       the address under which phones reach it
  OVERAIR_DATA_DIR         what it keeps (./data)
  DATABASE_URL             a PostgreSQL server instead of the embedded database
  OVERAIR_STORAGE_URL      file:/path or s3://bucket/prefix
All of them: docs/guide/self-host.md
`;

/** `words`: what stands after the program's name. Throws a `StartError` that lists what there is. */
export function parseCommand(words: readonly string[]): Command {
  const [word, ...rest] = words;
  const command = word === undefined ? 'start' : commands.get(word);
  const unknown = command === undefined ? word : rest[0];
  if (command !== undefined && unknown === undefined) return command;
  const what = command === undefined ? 'There is no command' : `${word} takes no argument`;
  const known = [...commands.keys()].join(', ');
  throw new StartError(
    `${what} "${unknown}". Commands: ${known}. Settings are environment variables: overair-server --help`,
  );
}
