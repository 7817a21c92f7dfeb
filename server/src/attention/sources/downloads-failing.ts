// Downloads of a release fail more often than those of other bundles, and nobody has answered: a rollout was paused for it.

import { listHeld } from '../../rollouts/open-questions.ts';
import { appLink, type Source } from '../matter.ts';

export const downloadsFailing: Source = {
  kind: 'downloads_failing',
  needs: 'channel.read',
  answeredBy: 'channel.promote_bundle',
  endsAtOnce: true,
  async find({ db }, { apps, limit }) {
    const held = await listHeld(db, apps, limit);
    return held.map(({ release: { id, app_id, channel_id, channel_name, bundle_name }, guard }) => ({
      key: `release:${id}`,
      severity: 'warning',
      app_id,
      channel: { id: channel_id, name: channel_name },
      message: `${bundle_name} on ${channel_name} of ${app_id}: ${guard.held_reason}`,
      since: guard.held_at,
      command: `release show ${id} ${app_id}`,
      link: appLink(app_id, `/releases/${id}`),
    }));
  },
};
