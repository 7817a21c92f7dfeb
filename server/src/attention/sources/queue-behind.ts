// Background work waits: no worker runs, or it does not keep up.

import type { Source } from '../matter.ts';

const BEHIND_MS = 5 * 60 * 1000;
/** By then releases are not guarded and pushes not sent. */
const FAR_BEHIND_MS = 30 * 60 * 1000;

export const queueBehind: Source = {
  kind: 'queue_behind',
  needs: 'org.update_settings',
  answeredBy: 'org.update_settings',
  async find({ jobs }, { withServer, now }) {
    if (!withServer) return [];
    const behind = (await jobs.listBacklogs()).filter(({ since }) => now.getTime() - since.getTime() >= BEHIND_MS);
    return behind.map(({ queue, due, since }) => {
      const waitsMs = now.getTime() - since.getTime();
      const minutes = Math.floor(waitsMs / 60_000);
      return {
        key: queue,
        severity: waitsMs >= FAR_BEHIND_MS ? 'critical' : 'warning',
        app_id: null,
        message: `${due} ${due === 1 ? 'job' : 'jobs'} of the queue ${queue} should have begun, the oldest ${minutes} minutes ago: does a worker run?`,
        since,
        command: null,
        link: '/server',
      };
    });
  },
};
