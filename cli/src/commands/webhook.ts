// `overair webhook …`: addresses that are told when something changes.

import { cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { listAll, openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { getOrganizationId, type OfOrganization } from './organization.ts';

export async function listWebhooks(context: Context, options: OfOrganization) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  const webhooks = await listAll((page) => remote.client.webhooks.list({ orgId, page }));
  context.ui.table(
    [
      { title: 'Id', cell: (row) => style.id(row.id) },
      { title: 'Name', cell: (row) => row.name },
      { title: 'URL', cell: (row) => row.url },
      { title: 'Events', cell: (row) => row.events.join(' ') },
      { title: 'State', cell: (row) => (row.enabled ? 'on' : style.warning('off')) },
    ],
    webhooks,
    'No webhooks.',
  );
  return webhooks;
}

export interface AddWebhookOptions extends OfOrganization {
  name: string;
  /** Comma list. */
  events: string;
}

export async function addWebhook(context: Context, options: AddWebhookOptions, url: string) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  const events = options.events.split(',').map((text) => text.trim());
  const webhook = await remote.client.webhooks.create({
    orgId,
    url,
    name: options.name,
    events,
    deliveryVersion: 'standard',
  });
  context.ui.success(`Webhook ${style.id(webhook.id)}. Its signing secret is shown only now:`);
  context.ui.say(webhook.secret);
  return webhook;
}

export async function testWebhook(context: Context, options: OfOrganization, webhookId: string) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  const result = await remote.client.webhooks.test({ orgId, webhookId });
  if (result.success) context.ui.success(`${result.message} (${result.duration_ms} ms)`);
  else context.ui.warn(`${result.message} (HTTP ${result.status ?? 'none'})`);
  return result;
}

export async function deleteWebhook(context: Context, options: OfOrganization, webhookId: string) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  if (!(await context.ui.confirm({ message: `Delete webhook ${webhookId}?`, flag: '--yes' }))) throw cancelled();
  await remote.client.webhooks.delete({ orgId, webhookId });
  context.ui.success(`Webhook ${style.id(webhookId)} is deleted.`);
  return { orgId, webhookId, deleted: true };
}

export async function listDeliveries(context: Context, options: OfOrganization & GlobalOptions, webhookId: string) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  const { deliveries, pagination } = await remote.client.webhooks.deliveries({ orgId, webhookId });
  context.ui.table(
    [
      { title: 'Id', cell: (row) => style.id(row.id) },
      { title: 'Event', cell: (row) => row.event_type },
      { title: 'Result', cell: (row) => (row.status === 'failed' ? style.danger(row.status) : row.status) },
      { title: 'HTTP', cell: (row) => String(row.response_status ?? '') },
      { title: 'Attempts', cell: (row) => String(row.attempt_count), align: 'right' },
      { title: 'Created', cell: (row) => row.created_at.slice(0, 16).replace('T', ' ') },
    ],
    deliveries,
    'Nothing was delivered yet.',
  );
  return { deliveries, pagination };
}
