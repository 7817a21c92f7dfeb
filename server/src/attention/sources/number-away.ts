// An address that is polled for a number does not answer with one: it stops no release, and guards none.

import { listAway } from '../../rollouts/polled-numbers.ts';
import { appLink, type Source } from '../matter.ts';

/** One lost answer is no matter. */
const AWAY_AFTER_MS = 15 * 60_000;

export const numberAway: Source = {
  kind: 'number_away',
  needs: 'channel.read',
  answeredBy: 'channel.update_settings',
  endsAtOnce: true,
  async find({ db }, { apps, limit, now }) {
    const away = await listAway(db, apps, new Date(now.getTime() - AWAY_AFTER_MS), limit);
    return away.map(({ id, app_id, channel_id, channel_name, name, failure, failing_since }) => ({
      key: `number:${id}`,
      severity: 'warning',
      app_id,
      channel: { id: channel_id, name: channel_name },
      message: `The number ${name} of ${channel_name} of ${app_id} cannot be polled: ${(failure ?? 'no answer').replace(/\.?$/, '.')}`,
      since: failing_since,
      command: `release polled ${app_id}`,
      link: appLink(app_id, `/channels/${encodeURIComponent(channel_name)}`),
    }));
  },
};
