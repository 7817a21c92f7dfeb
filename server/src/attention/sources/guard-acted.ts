// The guard stopped a release, took it back or spoke against it, and nobody has answered.

import { listStoppedByRule } from '../../releases/unanswered.ts';
import { listUnansweredActs } from '../../rollouts/open-questions.ts';
import { appLink, type Found, type Source } from '../matter.ts';

const DEEDS = { stop: 'The guard stopped', take_back: 'The guard took back', tell: 'The guard warns of' };

export const guardActed: Source = {
  kind: 'guard_acted',
  needs: 'channel.read',
  answeredBy: 'channel.promote_bundle',
  endsAtOnce: true,
  async find({ db }, { apps, limit }) {
    const acts = await listUnansweredActs(db, apps, limit);
    const byRule = await listStoppedByRule(db, apps, limit);
    return [
      ...acts.map(
        ({ release: { id, app_id, channel_id, channel_name, bundle_name }, guard }): Found => ({
          key: `release:${id}`,
          severity: 'critical',
          app_id,
          channel: { id: channel_id, name: channel_name },
          message: `${DEEDS[guard.acted ?? 'tell']} ${bundle_name} on ${channel_name} of ${app_id}: ${guard.reason ?? 'proven bad.'}`,
          since: guard.acted_at ?? guard.read_until,
          command: `release show ${id} ${app_id}`,
          link: appLink(app_id, `/releases/${id}`),
        }),
      ),
      ...byRule.map(
        ({ app_id, channel_id, channel_name, reason, at, is_paused }): Found => ({
          key: `rollout:${channel_id}`,
          severity: 'critical',
          app_id,
          channel: { id: channel_id, name: channel_name },
          message: `The rule of ${channel_name} of ${app_id} ${is_paused ? 'paused' : 'spoke against'} its rollout: ${reason}.`,
          since: at,
          command: `rollout show ${channel_name} ${app_id}`,
          link: appLink(app_id, `/channels/${encodeURIComponent(channel_name)}`),
        }),
      ),
    ];
  },
};
