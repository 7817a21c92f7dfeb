// A change waits for a second person.

import { listWaitingApprovals } from '../../rehearsal/approvals.ts';
import { appLink, type Source } from '../matter.ts';

export const approvalWaits: Source = {
  kind: 'approval_waits',
  needs: 'channel.read',
  answeredBy: 'channel.promote_bundle',
  endsAtOnce: true,
  async find({ db }, { apps, limit, now }) {
    const waiting = await listWaitingApprovals(db, apps, now, limit);
    return waiting.map(({ id, app_id, requested_by_name, channels, created_at }) => ({
      key: `approval:${id}`,
      severity: 'notice',
      app_id,
      message: `${requested_by_name} asks for a second person on ${channels.join(', ') || 'a channel'} of ${app_id}.`,
      since: created_at,
      command: `approval show ${id} ${app_id}`,
      link: appLink(app_id, `/approvals/${id}`),
    }));
  },
};
