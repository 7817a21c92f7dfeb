// What an app releases, as rows: all that deciding needs to know of it but what its devices reported.

import { appSettings } from '@overair/protocol/manage/app-settings';
import { channelSettings } from '@overair/protocol/manage/channel-settings';
import { type ExpressionBuilder, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import { appOfRow, selectApps } from '../accounts/apps.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { decidingColumns } from '../db/settings.ts';
import { withheldPlaces } from './withheld.ts';

type OfApp = ExpressionBuilder<Schema, 'apps'>;

/** A row for each of these apps that exists. `appOfRow` is its id, for further columns. */
export const selectReleases = (db: Db, app_ids: readonly string[]) =>
  selectApps(db)
    .clearSelect()
    .select(['app_id', 'id as uuid'])
    .select(decidingColumns(appSettings))
    .select((of) => [
      jsonArrayFrom(channelsOf(of)).as('channels'),
      jsonArrayFrom(offeredBundlesOf(of)).as('offered'),
      jsonArrayFrom(of.selectFrom('bundles').select(['name', 'deleted']).where('bundles.app_id', '=', appOfRow)).as(
        'names',
      ),
      jsonArrayFrom(
        of
          .selectFrom('channel_devices')
          .select(['device_id', 'channel_id'])
          .where('channel_devices.app_id', '=', appOfRow),
      ).as('overrides'),
      jsonArrayFrom(
        of.selectFrom('former_defaults').select(['name', 'platform']).where('former_defaults.app_id', '=', appOfRow),
      ).as('former_defaults'),
    ])
    .where('app_id', 'in', app_ids);

const channelFacts = decidingColumns(channelSettings);

function channelsOf(of: OfApp) {
  return of
    .selectFrom('channels')
    .select(['channels.id', 'channels.name', 'version'])
    .select(channelFacts)
    .select(['rollout_version', 'rollout_id', 'rollout_enabled', 'rollout_paused_at', 'rollout_percentage_bps'])
    .select(stoppedNames.as('stopped'))
    .where('channels.app_id', '=', appOfRow);
}

/** Of a channel: the bundles that its guard or a person stopped, and that nothing followed yet. */
const stoppedNames = sql<string[]>`array(
  select r.bundle_name from releases r
  where r.app_id = channels.app_id and r.channel_id = channels.id and r.ended_at is null
    and r.state = 'stopped' and r.proven_bad_at is not null
  order by r.id)`;

/** The bundles that a channel points at: the others cannot be offered. */
function offeredBundlesOf(of: OfApp) {
  const pointedAt = (column: 'version' | 'rollout_version') =>
    of.selectFrom('channels').select(`${column} as id`).where('channels.app_id', '=', appOfRow);
  return of
    .selectFrom('bundles')
    .select(['bundles.id', 'bundles.name', 'checksum', 'checksum_v2', 'crc32', 'session_key', 'key_id', 'external_url'])
    .select(['object_sha256', 'min_update_version', 'link', 'comment', 'deleted'])
    .select((ofBundle) =>
      jsonArrayFrom(
        ofBundle
          .selectFrom('manifest_entries as entry')
          .select(['file_name', 'file_hash', 'file_hash_v2', 'entry.object_sha256', 'entry.size'])
          .where('entry.app_id', '=', appOfRow)
          .whereRef('entry.bundle_id', '=', 'bundles.id')
          .orderBy('file_name'),
      ).as('manifest'),
    )
    .select(withheldPlaces().as('withheld'))
    .where('bundles.app_id', '=', appOfRow)
    .where('bundles.id', 'in', pointedAt('version').union(pointedAt('rollout_version')));
}
