// When which channel began to serve which bundle.

import type { Db } from '../db/database.ts';

/** Promotions of an app; channels and bundles by name. */
export function listPromotions(db: Db, app_id: string): Promise<{ channel: string; bundle: string; at: Date }[]> {
  return db
    .selectFrom('deploy_history as deployed')
    .innerJoin('channels', 'channels.id', 'deployed.channel_id')
    .innerJoin('bundles', 'bundles.id', 'deployed.version_id')
    .select(['channels.name as channel', 'bundles.name as bundle', 'deployed.deployed_at as at'])
    .where('deployed.app_id', '=', app_id)
    .where('channels.app_id', '=', app_id)
    .where('bundles.app_id', '=', app_id)
    .execute();
}
