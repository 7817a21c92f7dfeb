// The program: reads the command line, and starts the server unless something else is asked. Loads the server only then.

import { readFileSync } from 'node:fs';
import { parseCommand, USAGE } from './command-line.ts';
import { StartError } from './errors.ts';

async function main(): Promise<void> {
  const { command, file } = parseCommand(process.argv.slice(2));
  if (command === 'help') process.stdout.write(USAGE);
  else if (command === 'version') process.stdout.write(`${ownVersion()}\n`);
  else if (command === 'start') await (await import('./serve.ts')).serve(process.env);
  else await (await import('./backup/commands.ts')).runBackupCommand({ command, file }, process.env);
}

function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

main().catch(async (error: unknown) => {
  if (error instanceof StartError) process.stderr.write(`overair: ${error.message}\n`);
  else {
    const { pino } = await import('pino');
    pino(pino.destination({ fd: 2, sync: true })).fatal({ err: error }, 'Overair could not start');
  }
  process.exit(1);
});
