// A push service refuses an app's credential, and nothing is sent there.

import { listRefused, type RefusedService } from '../../push/delivery/services.ts';
import { appLink, type Found, type Source } from '../matter.ts';

export const credentialRefused: Source = {
  kind: 'credential_refused',
  needs: 'app.read_push',
  answeredBy: 'app.update_settings',
  endsAtOnce: true,
  async find({ db }, { apps, limit }) {
    const refused = await listRefused(db, apps, limit);
    return [...Map.groupBy(refused, ({ app_id, channel }) => `${app_id}:${channel}`)].map(([key, all]) =>
      matterOf(key, all),
    );
  },
};

/** One for each credential, whichever of its services refused it. */
function matterOf(key: string, services: RefusedService[]): Found {
  const [{ app_id, channel, reason }] = services as [RefusedService];
  const since = new Date(Math.min(...services.map((service) => service.since.getTime())));
  return {
    key,
    severity: 'critical',
    app_id,
    message:
      `The push service ${channel} refuses the credential of ${app_id}, and its messages wait: ${reason}`.replace(
        /\.?$/,
        '.',
      ),
    since,
    command: `push show ${app_id}`,
    link: appLink(app_id, '/push'),
  };
}
