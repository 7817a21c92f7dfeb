// The audit log: what `/organization/audit` takes and answers.
import { type Static, Type } from 'typebox';
import { answer, Id, nullableInteger, nullableString, onlyKnown, Timestamp } from './formats.ts';

export const auditTables = [
  'orgs',
  'apps',
  'channels',
  'app_versions',
  'releases',
  'freezes',
  'approvals',
  'attention',
  'org_users',
  'invitations',
  'apikeys',
  'webhooks',
  'devices',
  'connect_requests',
  'sign_in',
  'push_apps',
  'push_credentials',
  'push_groups',
  'push_segments',
  'push_callbacks',
  'push_messages',
] as const;
/** What a change is recorded under, and can be asked for by. */
export type AuditTable = (typeof auditTables)[number];
export const auditOperations = ['INSERT', 'UPDATE', 'DELETE'] as const;

/** `other_secret`: signed by a server with another OVERAIR_SECRET, so this one cannot tell. */
export const chainFaults = ['changed', 'missing', 'plain_after_signed', 'head_changed', 'other_secret'] as const;
export type ChainFault = (typeof chainFaults)[number];

const Snapshot = Type.Unsafe<Record<string, unknown> | null>({
  anyOf: [{ type: 'object', additionalProperties: true }, { type: 'null' }],
});

export const AuditEntry = answer({
  id: Id,
  created_at: Timestamp,
  table_name: Type.String(),
  record_id: Type.String({ description: 'app_id for apps, the row id otherwise' }),
  operation: Type.String(),
  user_id: nullableString(),
  org_id: Type.String(),
  old_record: Snapshot,
  new_record: Snapshot,
  changed_fields: Type.Unsafe<string[] | null>({ type: ['array', 'null'], items: { type: 'string' } }),
  actor_type: Type.String(),
  actor_user_id: nullableString(),
  actor_user_email: nullableString(),
  actor_apikey_id: nullableInteger(),
  actor_apikey_name: nullableString(),
  actor_ip: nullableString(),
  previous_hash: Type.String(),
  entry_hash: Type.String(),
});
export type AuditEntry = Static<typeof AuditEntry>;

export const AuditPage = answer({
  data: Type.Array(AuditEntry),
  total: Type.Integer(),
  page: Type.Integer(),
  limit: Type.Integer(),
  chain: answer({
    valid: Type.Boolean(),
    checked: Type.Integer({ description: 'entries whose hashes were recomputed for this answer' }),
    keyed: Type.Integer({ description: "of them, entries signed with a key made from the server's secret" }),
    plain: Type.Integer({
      description: 'of them, entries from before the log was signed; the next signed one holds them',
    }),
    signed_from: nullableInteger({ description: 'id of the oldest signed entry that was checked' }),
    broken_at: nullableInteger({ description: 'id of the newest entry that cannot be proven' }),
    reason: Type.Unsafe<ChainFault | null>({
      enum: [...chainFaults, null],
      description: 'why not: changed, missing, plain_after_signed, head_changed, other_secret',
    }),
  }),
});
export type AuditPage = Static<typeof AuditPage>;

export const ListAudit = Type.Object(
  {
    orgId: Type.String({ minLength: 1 }),
    tableName: Type.Optional(Type.Unsafe<string>({ enum: auditTables })),
    operation: Type.Optional(Type.Unsafe<string>({ enum: auditOperations })),
    page: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, description: 'capped at 100, 50 when absent' })),
    before: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'only entries older than this one, by id',
      }),
    ),
    verify: Type.Optional(
      Type.Unsafe<'recent' | 'all'>({
        enum: ['recent', 'all'],
        description: 'how much of the chain to recompute: the newest 1,000 entries unless told',
      }),
    ),
  },
  onlyKnown,
);
export type ListAudit = Static<typeof ListAudit>;
