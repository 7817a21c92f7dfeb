// Runs one command: parses the arguments, prints one result or one failure, and sets the exit code.

import { CommanderError } from 'commander';
import { CliError, describeError } from './cli-error.ts';
import type { Context } from './context.ts';
import { explainFailure } from './failure.ts';
import { buildProgram } from './program.ts';
import { style } from './terminal/style.ts';
import { createUi } from './terminal/ui.ts';

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

async function run(args: string[]): Promise<void> {
  const json = args.includes('--json') || (args[1] === 'zip' && args.includes('-j'));
  const inTerminal = !isCi(process.env.CI) && process.stdin.isTTY === true;
  const context: Context = {
    cwd: process.cwd(),
    env: process.env,
    ui: createUi({
      json,
      yes: args.includes('--yes') || args.includes('-y'),
      interactive: !json && inTerminal && process.stdout.isTTY === true,
      attended: inTerminal && (json ? process.stderr : process.stdout).isTTY === true,
    }),
  };
  endOnSignals(json, context);
  endWithReader();
  try {
    const program = buildProgram(context, (result) => {
      if (json) printJson(result, context);
    });
    // With --json even a mistyped flag is answered on stdout, as JSON.
    if (json) program.configureOutput({ writeErr: () => {} });
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    fail(error, json, context);
  }
}

let printed = false;

function printJson(result: object, context: Context): void {
  // Exactly one document, also when a signal comes late.
  if (printed) return;
  printed = true;
  const { warnings } = context.ui;
  const document = Array.isArray(result) || warnings.length === 0 ? result : { ...result, warnings };
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

function fail(error: unknown, json: boolean, context: Context): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
    // Commander has printed help and its own complaints already.
    if (error.exitCode === 0 || !json) return;
    printJson({ error: 'usage', message: error.message.replace(/^error: /, '') }, context);
    return;
  }
  const failure = explainFailure(error);
  process.exitCode = failure.exitCode;
  if (json) {
    const hint = failure.hint === undefined ? {} : { hint: failure.hint };
    printJson({ ...failure.detail, error: failure.code, message: failure.message, ...hint }, context);
    return;
  }
  process.stderr.write(`${style.danger('✖')} ${failure.message}\n`);
  if (failure.hint) process.stderr.write(`  ${style.muted(failure.hint)}\n`);
  if (failure.code === 'unexpected') process.stderr.write(`${stackOf(error)}\n`);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? style.muted(error.stack ?? describeError(error)) : describeError(error);
}

const isCi = (value: string | undefined) => Boolean(value) && value !== 'false' && value !== '0';

// `overair bundle list | head` closes our output early; that is no failure.
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

// Leaving through exit() removes temporary files, see temporary-files.ts.
function endOnSignals(json: boolean, context: Context): void {
  for (const [signal, exitCode] of Object.entries(SIGNAL_EXIT_CODES)) {
    process.once(signal, () => {
      const failure = new CliError('cancelled', 'Cancelled.', { exitCode });
      if (json) printJson({ error: failure.code, message: failure.message }, context);
      else process.stderr.write(`\n${style.danger('✖')} ${failure.message}\n`);
      process.exit(exitCode);
    });
  }
}

await run(process.argv.slice(2));
