// Commands about push: apps, their accounts at push services, and groups of apps.

import { Argument, type Command, Option } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addPushCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/push.ts');
  const push = program.command('push').description('push messages of an app');
  addCommand(push, 'show [appId]', 'how push is set up', async () => (await code()).showPush);
  addCommand(push, 'enable [appId]', 'turn push on', async () => (await code()).enablePush);
  addCommand(push, 'set [appId]', 'change how push works', async () => (await code()).setPush)
    .option('--origins <a,b>', 'web sites whose pages may subscribe, all of them: https://example.com')
    .option('--url <url>', 'what a click on a web notification opens when the message names nothing')
    .option('--icon <url>', 'icon of web notifications that name none')
    .option('--allowed-ips <a,b>', 'addresses that may send with the master secret, all of them; "" allows every one')
    .option('--web-active-days <n>', 'days after which a browser that was not seen counts as gone; 0: never')
    .option('--enable', 'turn push on')
    .option('--disable', 'turn push off; registrations stay');
  addCommand(push, 'rotate [appId]', 'give an app a new master secret', async () => (await code()).rotatePushSecret);
  addCommand(
    push,
    'release <channel> [appId]',
    'wake the phones of a channel, silently, to look for an update now',
    async () => (await code()).wakePhones,
  );
  addCommand(push, 'resume', 'end the pause of a push service that refused', async () => (await code()).resumePush)
    .addArgument(new Argument('<service>', 'push service').choices(['webpush', 'fcm', 'apns']))
    .argument('[appId]');
  addCommand(
    push,
    'messages [appId]',
    'what was sent, and what became of it',
    async () => (await code()).listPushMessages,
  );
  addCommand(push, 'credential', 'set up the account at a push service', async () => (await code()).setCredential)
    .addArgument(new Argument('<service>', 'push service').choices(['webpush', 'fcm', 'apns']))
    .argument('[appId]')
    .option('--file <path>', 'service account JSON (fcm) or .p8 key (apns)')
    .option('--key-id <id>', 'id of the .p8 key')
    .option('--team-id <id>', 'id of the Apple team')
    .option('--bundle-id <id>', 'topic; default: the app id')
    .option('--subject <contact>', 'mailto: or https: contact for browsers (webpush)')
    .option('--hosts <a,b>', 'push services besides those of the known browsers (webpush)')
    .option('--base-url <url>', 'another address than that of Google or Apple, such as a relay of yours')
    .option('--ca <path>', 'certificate authority (PEM) of such an address')
    .option('--remove', 'remove the account');
  const sending = () => import('../commands/push-send.ts');
  saying(addCommand(push, 'send [appId]', 'send a push by hand', async () => (await sending()).sendPush));
  addGroupCommands(program, addCommand);
}

/** What a push by hand says, and to whom. */
const saying = (command: Command) =>
  command
    .option('--text <text>', 'what it says')
    .option('--title <title>', 'its title')
    .option('--url <url>', 'what a click opens in a browser')
    .option('--to <audience>', 'all, or the JSON of an audience, such as {"tag":["gold"]}', 'all')
    .option('--file <path>', 'a whole request as JSON instead');

function addGroupCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/push-group.ts');
  const group = program.command('push-group').description('groups of apps that one push call reaches');
  const org = () => new Option('--org <id>', 'which organization, if there are several');
  addCommand(group, 'list', 'list groups', async () => (await code()).listGroups).addOption(org());
  addCommand(group, 'create <name>', 'make a group', async () => (await code()).createGroup)
    .option('--apps <a,b>', 'its apps')
    .addOption(org());
  const sending = () => import('../commands/push-send.ts');
  saying(
    addCommand(group, 'send <groupKey>', 'send a push to all its apps', async () => (await sending()).sendGroupPush),
  ).addOption(org());
  addCommand(group, 'set <groupKey>', 'change a group', async () => (await code()).setGroup)
    .option('--name <name>', 'name for people')
    .option('--apps <a,b>', 'its apps, all of them')
    .option('--enable', 'turn it on')
    .option('--disable', 'turn it off')
    .addOption(org());
  addCommand(
    group,
    'rotate <groupKey>',
    'give a group a new secret',
    async () => (await code()).rotateGroupSecret,
  ).addOption(org());
  addCommand(group, 'delete <groupKey>', 'delete a group', async () => (await code()).deleteGroup).addOption(org());
}
