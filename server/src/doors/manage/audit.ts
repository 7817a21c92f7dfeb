// /organization/audit: who changed what, with a proof that the log is whole.

import { AuditPage, ListAudit } from '@overair/protocol/manage/audit';
import { listAudit } from '../../accounts/audit-log.ts';
import { verifyChain } from '../../accounts/audit-proof.ts';
import { AppError } from '../../errors.ts';
import { onOrg } from './organizations.ts';
import type { AddRoute } from './route.ts';

/** Bounds the time of an answer; older entries were proven while they were among the newest, or are with `verify=all`. */
const PROVEN_ENTRIES = 1_000;

export function auditRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/organization/audit',
    summary: 'Read the audit log, newest first, and verify its signed chain',
    auth: 'session-or-key',
    input: ListAudit,
    needs: {
      permission: 'org.read_audit',
      on: onOrg,
      refuse: () => new AppError('invalid_org_id', 400, "You can't access this organization"),
      wantsExpiringKey: true,
    },
    answer: AuditPage,
    async run({ db, input: { orgId, tableName, operation, before, verify, page = 0, limit = 50 } }) {
      const found = await listAudit(db, orgId, { tableName, operation, before, page, limit });
      return {
        ...found,
        chain: await verifyChain(db, orgId, verify === 'all' ? Number.POSITIVE_INFINITY : PROVEN_ENTRIES),
      };
    },
  });
}
