// Commands about when, and by how many persons, something may be released.

import type { Command } from 'commander';
import { withOverride } from '../commands/override-freeze.ts';
import type { AddCommand } from './add-command.ts';

export function addAgreementCommands(program: Command, addCommand: AddCommand): void {
  addFreezeCommands(program, addCommand);
  addApprovalCommands(program, addCommand);
}

function addFreezeCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/freeze.ts');
  const freeze = program.command('freeze').description('times in which nothing new is released');
  const placed = (command: Command) =>
    command.option('-c, --channel <name>', 'of this channel').option('--organization <id>', 'of a whole organization');
  placed(addCommand(freeze, 'add <name> [appId]', 'begin one', async () => (await code()).addFreeze))
    .option('--from <time>', 'from when on; now unless told')
    .requiredOption('--to <time>', 'until when, for example 2026-12-27T06:00Z')
    .option('--reason <text>', 'for who is refused');
  placed(addCommand(freeze, 'list [appId]', 'those that are not over', async () => (await code()).listFreezes));
  placed(addCommand(freeze, 'remove <id> [appId]', 'end one', async () => (await code()).removeFreeze));
}

function addApprovalCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/approval.ts');
  const approval = program.command('approval').description('changes of channels that take two persons');
  withOverride(
    addCommand(
      approval,
      'request <channel> <version> [appId]',
      'ask a second person to release a bundle',
      async () => (await code()).requestApproval,
    ),
  )
    .option('--plan <plan>', 'by a plan: careful, fast, at-once, or a file of JSON or YAML')
    .option('--note <text>', 'for who is to approve it')
    .option('--hours <count>', 'how long it waits; 24 unless told');
  addCommand(approval, 'list [appId]', 'what waits', async () => (await code()).listApprovals).option(
    '--all',
    'what was answered, too',
  );
  addCommand(approval, 'show <id> [appId]', 'one, with who would move', async () => (await code()).showApproval);
  const noted = (command: Command) => command.option('--note <text>', 'why');
  noted(addCommand(approval, 'approve <id> [appId]', 'make the change', async () => (await code()).approve));
  noted(addCommand(approval, 'refuse <id> [appId]', 'do not', async () => (await code()).refuse));
  noted(
    addCommand(approval, 'withdraw <id> [appId]', 'take your own request back', async () => (await code()).withdraw),
  );
}
