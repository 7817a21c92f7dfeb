// What can be asked of the program on its command line. Settings are environment variables: see config.ts.

import { StartError } from './errors.ts';

type Command = 'start' | 'help' | 'version' | 'backup' | 'verify' | 'restore';

export interface Asked {
  readonly command: Command;
  /** The file of a backup: of `backup` undefined where it gets a name of its own. */
  readonly file?: string | undefined;
}

const commands = new Map<string, Command>([
  ['start', 'start'],
  ['help', 'help'],
  ['--help', 'help'],
  ['-h', 'help'],
  ['version', 'version'],
  ['--version', 'version'],
  ['-v', 'version'],
  ['backup', 'backup'],
  ['verify', 'verify'],
  ['restore', 'restore'],
]);

export const USAGE = `Usage: overair-server [command]

Commands:
  start            start the server (what happens without a command)
  backup [--to FILE|s3://bucket/prefix]
                   back up database and bytes, also of a server that runs
  verify FILE      prove a backup: hashes, rows, audit log
  restore FILE     load a backup into an empty database and storage
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
export function parseCommand(words: readonly string[]): Asked {
  const [word, ...rest] = words;
  const command = word === undefined ? 'start' : commands.get(word);
  if (command === undefined) throw unknownWord(`There is no command "${word}"`);
  if (command === 'backup') return { command, file: parseTarget(rest) };
  if (command === 'verify' || command === 'restore') return { command, file: parseFile(command, rest) };
  if (rest[0] !== undefined) throw unknownWord(`${word} takes no argument "${rest[0]}"`);
  return { command };
}

function parseTarget([option, target, ...rest]: readonly string[]): string | undefined {
  if (option === undefined) return undefined;
  if (option !== '--to') throw new StartError(`backup takes --to FILE or --to s3://bucket/prefix, not "${option}".`);
  if (!target) throw new StartError('--to needs the name of a file, or s3://bucket/prefix.');
  if (rest[0] !== undefined) throw new StartError(`backup takes nothing after --to ${target}, not "${rest[0]}".`);
  return target;
}

function parseFile(command: Command, [file, ...rest]: readonly string[]): string {
  if (!file) throw new StartError(`${command} needs the file of a backup: overair-server ${command} FILE`);
  if (rest[0] !== undefined) throw new StartError(`${command} takes one file, not "${rest[0]}" too.`);
  return file;
}

function unknownWord(what: string): StartError {
  const known = [...commands.keys()].join(', ');
  return new StartError(`${what}. Commands: ${known}. Settings are environment variables: overair-server --help`);
}
