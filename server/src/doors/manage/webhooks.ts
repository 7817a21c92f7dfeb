// /webhooks: where an organization's changes are sent, the log of deliveries, trying and repeating them.

import {
  CreateWebhook,
  DeliveryPage,
  DeliveryQueued,
  ListDeliveries,
  ListWebhooks,
  RetryDelivery,
  UpdateWebhook,
  WebhookCreated,
  WebhookDeleted,
  WebhookOrList,
  WebhookReference,
  WebhookTested,
  WebhookUpdated,
} from '@overair/protocol/manage/webhook';
import { type Caller, isLimitedToApps } from '../../accounts/caller.ts';
import { AppError } from '../../errors.ts';
import { testWebhook } from '../../webhooks/deliver.ts';
import { listDeliveries, retryDelivery } from '../../webhooks/deliveries.ts';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  readStats,
  updateWebhook,
} from '../../webhooks/registry.ts';
import type { WebhookRoom } from '../../webhooks/room.ts';
import { onOrg } from './organizations.ts';
import type { AddRoute } from './route.ts';

/** Webhooks tell of a whole organization: a key that may see some apps only has no business with them. */
function refuseAppScoped(caller: Caller): void {
  if (!isLimitedToApps(caller)) return;
  throw new AppError('no_permission', 400, 'App-scoped API keys cannot manage organization webhooks');
}

const shared = { auth: 'session-or-key', admit: refuseAppScoped } as const;

const asked = {
  permission: 'org.manage_webhooks',
  on: onOrg,
  refuse: (_input: unknown, readable: boolean) =>
    readable
      ? new AppError('no_permission', 400, 'You need admin access to manage webhooks')
      : new AppError('invalid_org_id', 400, "You can't access this organization"),
  wantsExpiringKey: true,
} as const;

export function webhookRoutes(add: AddRoute, webhooks: WebhookRoom): void {
  settingRoutes(add, webhooks);
  deliveryRoutes(add, webhooks);
}

function settingRoutes(add: AddRoute, { vault, allowPrivate }: WebhookRoom): void {
  add({
    ...shared,
    method: 'GET',
    url: '/webhooks',
    summary: 'List webhooks, or read one with its deliveries of the last day counted',
    input: ListWebhooks,
    needs: asked,
    answer: WebhookOrList,
    async run({ db, input: { orgId, webhookId, page = 0 } }) {
      if (!webhookId) return listWebhooks(db, orgId, page);
      const webhook = await getWebhook(db, orgId, webhookId);
      return { ...webhook, stats_24h: await readStats(db, webhook) };
    },
  });

  add({
    ...shared,
    method: 'POST',
    url: '/webhooks',
    summary: 'Create a webhook; the only time its secret is shown',
    input: CreateWebhook,
    needs: asked,
    status: 201,
    answer: WebhookCreated,
    async run({ db, caller, actor, input }) {
      const webhook = await createWebhook(db, caller, actor, input, { vault, allowPrivate });
      return { status: 'Webhook created', webhook } as const;
    },
  });

  add({
    ...shared,
    method: 'PUT',
    url: '/webhooks',
    summary: 'Change the given settings of a webhook',
    input: UpdateWebhook,
    needs: asked,
    answer: WebhookUpdated,
    async run({ db, actor, input }) {
      return { status: 'Webhook updated', webhook: await updateWebhook(db, actor, input, allowPrivate) } as const;
    },
  });

  add({
    ...shared,
    method: 'DELETE',
    url: '/webhooks',
    summary: 'Delete a webhook with its deliveries',
    input: WebhookReference,
    needs: asked,
    answer: WebhookDeleted,
    async run({ db, actor, input: { orgId, webhookId } }) {
      return { status: 'Webhook deleted', webhookId: await deleteWebhook(db, actor, orgId, webhookId) } as const;
    },
  });
}

function deliveryRoutes(add: AddRoute, webhooks: WebhookRoom): void {
  add({
    ...shared,
    method: 'POST',
    url: '/webhooks/test',
    summary: 'Send a test event now and tell what came back',
    input: WebhookReference,
    needs: asked,
    answer: WebhookTested,
    run: async ({ db, input: { orgId, webhookId } }) => testWebhook(webhooks, await getWebhook(db, orgId, webhookId)),
  });

  add({
    ...shared,
    method: 'GET',
    url: '/webhooks/deliveries',
    summary: 'Read the log of deliveries, newest first',
    input: ListDeliveries,
    needs: asked,
    answer: DeliveryPage,
    run: ({ db, input: { orgId, webhookId, page = 0, status } }) =>
      listDeliveries(db, { org_id: orgId, webhook_id: webhookId, page, ...(status && { status }) }),
  });

  add({
    ...shared,
    method: 'POST',
    url: '/webhooks/deliveries/retry',
    summary: 'Start a failed delivery over',
    input: RetryDelivery,
    needs: asked,
    answer: DeliveryQueued,
    async run({ db, input: { orgId, deliveryId } }) {
      await retryDelivery(db, orgId, deliveryId, webhooks.allowPrivate);
      return { status: 'Delivery queued for retry', deliveryId } as const;
    },
  });
}
