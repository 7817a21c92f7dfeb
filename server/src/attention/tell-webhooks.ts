// Tells the organization's own servers: `attention.INSERT` when a matter begins, `attention.DELETE` when it is over.

import { queueNotices } from '../webhooks/queue-deliveries.ts';
import type { Way } from './way.ts';

export const tellWebhooks: Way = (trx, _room, news) =>
  queueNotices(
    trx,
    news.map(({ event, id, kind, org_id, app_id, shown }) => ({
      ...{ org_id, table_name: 'attention', record_id: id },
      operation: event === 'begun' ? 'INSERT' : 'DELETE',
      record: { id, kind, app_id, ...shown },
    })),
  );
