// Webhooks and their deliveries: what `/webhooks` takes and answers.
import { type Static, Type } from 'typebox';
import {
  answer,
  NullableTimestamp,
  nullableInteger,
  nullableString,
  onlyKnown,
  Page,
  refusal,
  Timestamp,
  Uuid,
} from './formats.ts';

export const webhookEvents = [
  'apps',
  'app_versions',
  'channels',
  'devices',
  'rollouts',
  'releases',
  'org_users',
  'orgs',
  'push_credentials',
  'attention',
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];
export const deliveryVersions = ['legacy', 'standard'] as const;
export type DeliveryVersion = (typeof deliveryVersions)[number];

const row = {
  id: Uuid,
  org_id: Uuid,
  name: Type.String(),
  url: Type.String(),
  enabled: Type.Boolean(),
  events: Type.Array(Type.String()),
  delivery_version: Type.Unsafe<DeliveryVersion>({ type: 'string' }),
  created_at: Timestamp,
  updated_at: Timestamp,
  created_by: nullableString(),
};

export const Webhook = answer(row);
export type Webhook = Static<typeof Webhook>;

export const WebhookWithStats = answer({
  ...row,
  stats_24h: answer({ success: Type.Integer(), failed: Type.Integer(), pending: Type.Integer() }),
});
export type WebhookWithStats = Static<typeof WebhookWithStats>;

export const WebhookOrList = Type.Unsafe<WebhookWithStats | Webhook[]>({
  anyOf: [WebhookWithStats, Type.Array(Webhook)],
});

export const WebhookCreated = answer({
  status: Type.Literal('Webhook created'),
  webhook: answer({ ...row, secret: Type.String({ description: 'shown once' }) }),
});
export type WebhookCreated = Static<typeof WebhookCreated>;

export const WebhookUpdated = answer({ status: Type.Literal('Webhook updated'), webhook: Webhook });
export type WebhookUpdated = Static<typeof WebhookUpdated>;

export const WebhookDeleted = answer({ status: Type.Literal('Webhook deleted'), webhookId: Uuid });
export type WebhookDeleted = Static<typeof WebhookDeleted>;

const orgId = Type.String({ minLength: 1 });
const webhookId = Type.String({ minLength: 1 });
const Events = Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 20 });
const Version = Type.Optional(
  Type.Unsafe<DeliveryVersion>({
    enum: deliveryVersions,
    'x-alias': 'delivery_version',
    'x-late': true,
    'x-invalid': refusal('invalid_delivery_version', 'Delivery version must be legacy or standard'),
  }),
);

export const ListWebhooks = Type.Object({ orgId, webhookId: Type.Optional(Type.String()), page: Page }, onlyKnown);
export type ListWebhooks = Static<typeof ListWebhooks>;

export const CreateWebhook = Type.Object({
  orgId,
  name: Type.String({ minLength: 1, maxLength: 200 }),
  url: Type.String({ minLength: 1, maxLength: 2048 }),
  events: Events,
  enabled: Type.Optional(Type.Boolean()),
  deliveryVersion: Version,
});
export type CreateWebhook = Static<typeof CreateWebhook>;

export const UpdateWebhook = Type.Object({
  orgId,
  webhookId,
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  events: Type.Optional(Events),
  enabled: Type.Optional(Type.Boolean()),
  deliveryVersion: Version,
});
export type UpdateWebhook = Static<typeof UpdateWebhook>;

export const WebhookReference = Type.Object({ orgId, webhookId });
export type WebhookReference = Static<typeof WebhookReference>;

export const WebhookTested = answer({
  success: Type.Boolean(),
  status: nullableInteger(),
  duration_ms: Type.Integer(),
  response_preview: Type.String(),
  delivery_id: Uuid,
  message: Type.String(),
});
export type WebhookTested = Static<typeof WebhookTested>;

export const deliveryStatuses = ['pending', 'success', 'failed'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

export const WebhookDelivery = answer({
  id: Uuid,
  webhook_id: Uuid,
  org_id: Uuid,
  audit_log_id: nullableInteger(),
  event_type: Type.String(),
  status: Type.Unsafe<DeliveryStatus>({ type: 'string' }),
  request_payload: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }),
  response_status: nullableInteger(),
  response_body: nullableString(),
  attempt_count: Type.Integer(),
  max_attempts: Type.Integer(),
  next_retry_at: NullableTimestamp,
  created_at: Timestamp,
  completed_at: NullableTimestamp,
  duration_ms: nullableInteger(),
  delivery_version: Type.String(),
});
export type WebhookDelivery = Static<typeof WebhookDelivery>;

export const DeliveryPage = answer({
  deliveries: Type.Array(WebhookDelivery),
  pagination: answer({
    page: Type.Integer(),
    per_page: Type.Integer(),
    total: Type.Integer(),
    has_more: Type.Boolean(),
  }),
});
export type DeliveryPage = Static<typeof DeliveryPage>;

export const ListDeliveries = Type.Object(
  {
    orgId,
    webhookId,
    page: Page,
    status: Type.Optional(Type.Unsafe<DeliveryStatus>({ enum: deliveryStatuses })),
  },
  onlyKnown,
);
export type ListDeliveries = Static<typeof ListDeliveries>;

export const RetryDelivery = Type.Object({ orgId, deliveryId: Type.String({ minLength: 1 }) });
export type RetryDelivery = Static<typeof RetryDelivery>;

export const DeliveryQueued = answer({ status: Type.Literal('Delivery queued for retry'), deliveryId: Uuid });
export type DeliveryQueued = Static<typeof DeliveryQueued>;
