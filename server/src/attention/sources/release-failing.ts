// A release fails more often than is tolerated, and the guard has not acted: it is not sure yet, or it is off.

import { STOP_AT_E } from '@overair/protocol/rollouts/evidence';
import { listSuspects } from '../../rollouts/open-questions.ts';
import { appLink, type Source } from '../matter.ts';

export const releaseFailing: Source = {
  kind: 'release_failing',
  needs: 'channel.read',
  answeredBy: 'channel.promote_bundle',
  async find({ db }, { apps, limit }) {
    const suspects = await listSuspects(db, apps, limit);
    return suspects.map(
      ({ release: { id, app_id, channel_id, channel_name, bundle_name, started_at }, devices, e }) => {
        const { passed, failed } = devices;
        const state = e >= STOP_AT_E ? 'the guard is off' : `the guard acts at E = 1,000, and it is ${Math.round(e)}`;
        return {
          key: `release:${id}`,
          severity: 'critical',
          app_id,
          channel: { id: channel_id, name: channel_name },
          message: `${bundle_name} failed on ${failed} of ${passed + failed} devices of ${channel_name} of ${app_id}; ${state}.`,
          since: started_at,
          command: `release show ${id} ${app_id}`,
          link: appLink(app_id, `/releases/${id}`),
        };
      },
    );
  },
};
