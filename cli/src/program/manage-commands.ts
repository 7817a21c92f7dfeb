// Commands that look after what is on the server: devices, API keys, organizations, webhooks, statistics.

import { type Command, Option } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addManageCommands(program: Command, addCommand: AddCommand): void {
  addDeviceCommands(program, addCommand);
  addStatisticsCommands(program, addCommand);
  addApiKeyCommands(program, addCommand);
  addOrganizationCommands(program, addCommand);
  addWebhookCommands(program, addCommand);
}

function addDeviceCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/device.ts');
  const devices = program.command('devices').alias('device').description('phones that run an app');
  addCommand(devices, 'list [appId]', 'list devices, last seen first', async () => (await code()).listDevices)
    .option('--limit <count>', 'how many', '50')
    .option('--since <time>', 'seen after this ISO time')
    .option('--custom-id', 'only those with a custom id');
  addCommand(devices, 'show <device> [appId]', 'show one device', async () => (await code()).showDevice);
  const log = () => import('../commands/device-log.ts');
  addCommand(
    devices,
    'log <device> [appId]',
    'what a device reports; live in a terminal',
    async () => (await log()).showDeviceLog,
  )
    .option('--limit <count>', 'how many of the last events to begin with', '100')
    .option('--follow', 'go on until Ctrl-C')
    .option('--no-follow', 'print once');
  addCommand(
    devices,
    'explain <device> [appId]',
    'why a device does or does not get an update',
    async () => (await import('../commands/device-explain.ts')).explainDevice,
  )
    .option('--at <time>', 'at a moment of the past: an ISO time, or 30m, 2h, 7d ago')
    .option('--fact <name=value>', 'what if it were so, for example version_build=2.0.0; may be given again', addFact);
  addCommand(
    devices,
    'force <device> <channel> [appId]',
    'force a device onto a private channel',
    async () => (await code()).forceChannel,
  );
  addCommand(
    devices,
    'release <device> [appId]',
    'let a device follow the default again',
    async () => (await code()).releaseDevice,
  );
}

const addFact = (fact: string, before: readonly string[] = []): readonly string[] => [...before, fact];

function addStatisticsCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/statistics.ts');
  const statistics = program.command('statistics').alias('stats').description('devices, downloads, bundles in use');
  const days = () => new Option('--days <count>', 'how far back').default('14');
  addCommand(statistics, 'app [appId]', 'day by day', async () => (await code()).showStatistics).addOption(days());
  addCommand(
    statistics,
    'bundles [appId]',
    'which bundles devices run',
    async () => (await code()).showBundleUsage,
  ).addOption(days());
  addCommand(
    statistics,
    'held-back [appId]',
    'what was answered but left out of the numbers',
    async () => (await code()).showHeldBack,
  ).addOption(days());
}

function addApiKeyCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/api-key.ts');
  const apikey = program.command('apikey').description('API keys');
  addCommand(apikey, 'create <name>', 'make a key', async () => (await code()).createApiKey)
    .addOption(
      new Option('--mode <mode>', 'what it may do').choices(['read', 'upload', 'write', 'all']).default('upload'),
    )
    .option('--app <a,b>', 'only for these apps')
    .option('--channel <a,b>', 'only for these channels of those apps')
    .option('--org <id>', 'only for this organization')
    .option('--expires <when>', '90d, or a date');
  addCommand(apikey, 'list', 'list keys', async () => (await code()).listApiKeys);
  addCommand(apikey, 'regenerate <id>', 'give a key a new value', async () => (await code()).regenerateApiKey);
  addCommand(apikey, 'delete <id>', 'delete a key', async () => (await code()).deleteApiKey);
}

function addOrganizationCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/organization.ts');
  const organization = program.command('organization').alias('org').description('owners of apps and their members');
  const org = () => new Option('--org <id>', 'which organization, if there are several');
  addCommand(organization, 'list', 'list organizations', async () => (await code()).listOrganizations);
  addCommand(organization, 'add <name>', 'found an organization', async () => (await code()).addOrganization).option(
    '--email <address>',
    'contact',
  );
  addCommand(organization, 'members', 'list members', async () => (await code()).listMembers).addOption(org());
  addCommand(organization, 'invite <email>', 'invite a member', async () => (await code()).inviteMember)
    .addOption(
      new Option('--role <role>', 'what they may do')
        .choices(['read', 'upload', 'write', 'admin', 'super_admin'])
        .default('read'),
    )
    .addOption(org());
  addCommand(
    organization,
    'invitations',
    'list invitations that you can accept',
    async () => (await code()).listInvitations,
  );
  addCommand(
    organization,
    'accept [organization]',
    'accept an invitation, by id or name if there are several',
    async () => (await code()).acceptInvitation,
  );
  addCommand(organization, 'remove <email>', 'remove a member', async () => (await code()).removeMember).addOption(
    org(),
  );
}

function addWebhookCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/webhook.ts');
  const webhook = program.command('webhook').description('addresses that are told of changes');
  const org = () => new Option('--org <id>', 'which organization, if there are several');
  addCommand(webhook, 'list', 'list webhooks', async () => (await code()).listWebhooks).addOption(org());
  addCommand(webhook, 'add <url>', 'add a webhook', async () => (await code()).addWebhook)
    .option('--name <name>', 'name for people', 'webhook')
    .option('--events <a,b>', 'what to tell', 'app_versions,channels')
    .addOption(org());
  addCommand(webhook, 'test <id>', 'send a test event', async () => (await code()).testWebhook).addOption(org());
  addCommand(webhook, 'deliveries <id>', 'what was sent', async () => (await code()).listDeliveries).addOption(org());
  addCommand(webhook, 'delete <id>', 'delete a webhook', async () => (await code()).deleteWebhook).addOption(org());
}
