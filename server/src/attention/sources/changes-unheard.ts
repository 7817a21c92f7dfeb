// A process does not hear of changes at once: its connection is lost, or a pooler delivers no notifications.

import type { Source } from '../matter.ts';
import { listProcesses } from '../processes.ts';

export const changesUnheard: Source = {
  kind: 'changes_unheard',
  needs: 'org.update_settings',
  answeredBy: 'org.update_settings',
  async find(room, { withServer, now }) {
    if (!withServer) return [];
    const deaf = (await listProcesses(room, now)).filter(({ report }) => report.changes === 'polled');
    return [...new Set(deaf.map(({ host }) => host))].map((host) => ({
      key: host,
      severity: 'warning',
      app_id: null,
      message: `The server on ${host} hears of no changes and asks for them twice a second: DATABASE_URL needs the database itself, or a pooler in session mode.`,
      since: null,
      command: null,
      link: '/server',
    }));
  },
};
