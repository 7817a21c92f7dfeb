// The plan of a release asks a person whether to go on, or stopped the release because nobody could be sure of it.

import { listPlansThatAsk } from '../../rollouts/open-questions.ts';
import { appLink, type Source } from '../matter.ts';

export const planAsks: Source = {
  kind: 'plan_asks',
  needs: 'channel.read',
  answeredBy: 'channel.promote_bundle',
  endsAtOnce: true,
  async find({ db }, { apps, limit }) {
    const asking = await listPlansThatAsk(db, apps, limit);
    return asking.map(({ release: { id, app_id, channel_id, channel_name, bundle_name }, says, since }) => ({
      key: `release:${id}`,
      severity: 'warning',
      app_id,
      channel: { id: channel_id, name: channel_name },
      message: `The plan of ${bundle_name} on ${channel_name} of ${app_id} ${says}`,
      since,
      command: `release show ${id} ${app_id}`,
      link: appLink(app_id, `/releases/${id}`),
    }));
  },
};
