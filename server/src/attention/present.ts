// Matters as people see them: with their organization, the command, the page, and whether somebody knows.

import { findOwners } from '../accounts/apps.ts';
import { CLI_COMMAND } from '../cli-command.ts';
import type { Db } from '../db/database.ts';
import type { MatterFound } from './matter.ts';
import { byUrgency } from './urgency.ts';

/** The most urgent first. */
export async function present(db: Db, found: readonly MatterFound[], now: Date) {
  const owners = await findOwners(db, [...new Set(found.flatMap(({ app_id }) => app_id ?? []))]);
  const known = await findUnderWay(
    db,
    found.map(({ id }) => id),
  );
  const shown = found.map(({ id, kind, severity, app_id, channel, message, since, command, link }) => {
    const noticed = known.get(id);
    return {
      ...{ id, kind, severity, app_id, message },
      org_id: app_id === null ? null : (owners.get(app_id) ?? null),
      channel: channel?.name ?? null,
      since: since ?? noticed?.began_at ?? now,
      command: command === null ? null : `${CLI_COMMAND} ${command}`,
      link: `/ui${link}`,
      acknowledged_at: noticed?.acknowledged_at ?? null,
      acknowledged_by: noticed?.acknowledged_by ?? null,
    };
  });
  return shown.sort(byUrgency);
}

export type Presented = Awaited<ReturnType<typeof present>>[number];

/** What is known of matters that were noticed before. */
async function findUnderWay(db: Db, ids: readonly string[]) {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('attention_matters')
    .select(['matter_id', 'began_at', 'acknowledged_at', 'acknowledged_by'])
    .where('matter_id', 'in', ids)
    .where('over_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.matter_id, row]));
}
