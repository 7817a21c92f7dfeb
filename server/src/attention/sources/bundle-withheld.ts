// A bundle that is offered failed on one native build or OS version, and is withheld there.

import { listWithheldNow } from '../../releases/withheld.ts';
import { appLink, type Source } from '../matter.ts';

const SCOPES = { native: 'native version', os: 'OS version' };

export const bundleWithheld: Source = {
  kind: 'bundle_withheld',
  needs: 'channel.read',
  answeredBy: 'channel.promote_bundle',
  endsAtOnce: true,
  async find({ db }, { apps, limit }) {
    const rows = await listWithheldNow(db, apps, limit);
    return rows.map((row) => ({
      key: `place:${row.id}`,
      severity: 'warning',
      app_id: row.app_id,
      channel: { id: row.channel_id, name: row.channel_name },
      message:
        `${row.bundle_name} failed on ${row.failed} of ${row.failed + row.passed} devices of ${row.app_id} with ` +
        `${row.platform} ${SCOPES[row.scope]} ${row.version}, and is withheld there.`,
      since: row.withheld_at,
      command: `release show ${row.release_id} ${row.app_id}`,
      link: appLink(row.app_id, `/releases/${row.release_id}`),
    }));
  },
};
