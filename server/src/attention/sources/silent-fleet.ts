// The devices of an app ask at most half as often as a week ago.

import { listSilentFleets } from '../../stats/checks.ts';
import { appLink, type Source } from '../matter.ts';

export const silentFleet: Source = {
  kind: 'silent_fleet',
  needs: 'app.read_statistics',
  answeredBy: 'app.update_settings',
  async find({ db }, { apps, limit, now }) {
    const fleets = await listSilentFleets(db, apps, now, limit);
    return fleets.map(({ app_id, checks, usual, since }) => ({
      key: app_id,
      severity: 'critical',
      app_id,
      message: `The devices of ${app_id} asked ${checks} times in the last full hour; a week ago it was ${usual}.`,
      since,
      command: `statistics app ${app_id}`,
      link: appLink(app_id),
    }));
  },
};
