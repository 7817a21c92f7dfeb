// Entries of the audit log as sentences, and whether the log is whole. Pure.

import type { AuditEntry, AuditPage, AuditTable } from '@overair/protocol/manage/audit';
import type { Tone } from '../ui/page.tsx';
import type { MessageId } from './catalogue/en.ts';
import type { Translate, Values } from './words.tsx';

export const AUDIT_TABLES = {
  apps: 'audit.of.apps',
  app_versions: 'audit.of.app_versions',
  channels: 'audit.of.channels',
  releases: 'audit.of.releases',
  devices: 'audit.of.devices',
  orgs: 'audit.of.orgs',
  org_users: 'audit.of.org_users',
  invitations: 'audit.of.invitations',
  apikeys: 'audit.of.apikeys',
  connect_requests: 'audit.of.connect_requests',
  sign_in: 'audit.of.sign_in',
  webhooks: 'audit.of.webhooks',
  attention: 'audit.of.attention',
  push_apps: 'audit.of.push_apps',
  push_credentials: 'audit.of.push_credentials',
  push_groups: 'audit.of.push_groups',
  push_segments: 'audit.of.push_segments',
  push_callbacks: 'audit.of.push_callbacks',
  push_messages: 'audit.of.push_messages',
} as const satisfies Partial<Record<AuditTable, MessageId>>;

export const AUDIT_OPERATIONS = {
  INSERT: 'audit.made',
  UPDATE: 'audit.changed',
  DELETE: 'audit.deleted',
} as const satisfies Record<string, MessageId>;

const known = <Ids extends object>(ids: Ids, name: string): MessageId | undefined =>
  (ids as Readonly<Record<string, MessageId>>)[name];

/** `Channel changed: production`. What this console does not know is shown as it is called. */
export function entrySentence(entry: AuditEntry, t: Translate): string {
  const about = known(AUDIT_TABLES, entry.table_name);
  const deed = known(AUDIT_OPERATIONS, entry.operation);
  const what = about ? t(about) : entry.table_name;
  return `${deed ? t(deed, { what }) : `${entry.operation} ${what}`}: ${nameOf(entry)}`;
}

const NAMES = ['name', 'version', 'email', 'channel', 'app_id', 'group_msgid', 'msg_id'] as const;

/** What people call it, where the row says so. */
function nameOf({ new_record, old_record, record_id }: AuditEntry): string {
  const row = new_record ?? old_record ?? {};
  const name = NAMES.map((each) => row[each]).find((value) => typeof value === 'string' && value !== '');
  return typeof name === 'string' ? name : record_id;
}

export function entryActor(entry: AuditEntry, t: Translate): string {
  const { actor_user_email: email, actor_apikey_name: key, actor_type } = entry;
  if (key !== null && email !== null) return t('actor.key', { key, email });
  return email ?? (actor_type === 'system' ? t('actor.system') : actor_type);
}

interface Change {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** Field by field, those of an object one by one; of what was made or deleted all that has a value. */
export function changesOf({ old_record, new_record, changed_fields }: AuditEntry): Change[] {
  const fields = changed_fields ?? Object.keys({ ...old_record, ...new_record });
  return fields.flatMap((field) => {
    const [before, after] = [old_record?.[field], new_record?.[field]];
    const inner = Object.keys({ ...fieldsOf(before), ...fieldsOf(after) });
    if (inner.length === 0) return changed(field, before, after, changed_fields !== null);
    return inner.flatMap((each) => changed(`${field}.${each}`, fieldsOf(before)[each], fieldsOf(after)[each], false));
  });
}

/** `isNamed`: it is told to have changed, also where the values are not shown. */
function changed(field: string, before: unknown, after: unknown, isNamed: boolean): Change[] {
  const change = { field, before: text(before), after: text(after) };
  return change.before !== change.after || isNamed ? [change] : [];
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function text(value: unknown): string {
  if (value === undefined || value === null) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The seal: whether nobody changed what is written. */
export function chainSentence(chain: AuditPage['chain']): { tone: Tone; id: MessageId; values: Values } {
  const values = { checked: chain.checked, at: chain.broken_at ?? 0 };
  if (chain.valid) return { tone: 'good', id: 'audit.chain.whole', values };
  if (chain.reason === 'other_secret') return { tone: 'warn', id: 'audit.chain.otherSecret', values };
  return { tone: 'bad', id: 'audit.chain.broken', values };
}
