// The tree of commands with their flags; the code of a command is loaded when it runs, so that `--version` and `--help` are quick.

import { Argument, Command, Option } from 'commander';
import { cliVersion } from './cli-version.ts';
import type { Context } from './context.ts';
import { type AddCommand, commandAdder, type ShowResult } from './program/add-command.ts';
import { addAgreementCommands } from './program/agreement-commands.ts';
import { addBundleCommands } from './program/bundle-commands.ts';
import { addManageCommands } from './program/manage-commands.ts';
import { addPushCommands } from './program/push-commands.ts';
import { addReleaseCommands } from './program/release-commands.ts';
import { addSetupCommands } from './program/setup-commands.ts';

export function buildProgram(context: Context, show: ShowResult): Command {
  const program = new Command('overair')
    .description('Live updates for Capacitor, Electron and web apps from your own server')
    .version(cliVersion(), '-V, --version')
    .addOption(new Option('--json', 'print one JSON document, errors included, and ask nothing'))
    .option('-y, --yes', 'answer yes to every question')
    .option('-a, --apikey <key>', 'API key (or OVERAIR_TOKEN)')
    .option('--server <url>', 'address of the server (or OVERAIR_SERVER)')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError('(--help lists what is possible)')
    .exitOverride();
  const addCommand = commandAdder(context, show);
  addSetupCommands(program, addCommand);
  addBundleCommands(program, addCommand);
  addReleaseCommands(program, addCommand);
  addAgreementCommands(program, addCommand);
  addManageCommands(program, addCommand);
  addPushCommands(program, addCommand);
  addCompletion(program, addCommand);
  return program;
}

function addCompletion(program: Command, addCommand: AddCommand): void {
  addCommand(
    program,
    'completion',
    'completion for your shell: source <(overair completion bash)',
    async () => (await import('./commands/completion.ts')).printCompletion,
  ).addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']));
  program.command('complete [words...]', { hidden: true }).action(async (words: string[]) => {
    const { findCandidates } = await import('./program/candidates.ts');
    process.stdout.write(
      findCandidates(program, words)
        .map((word) => `${word}\n`)
        .join(''),
    );
  });
}
