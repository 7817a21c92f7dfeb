// Puts a vector's state into the database, directly: some are states that no management API would create.

import { createHash, randomUUID } from 'node:crypto';
import type { Database } from '../../server/src/db/database.ts';
import type { VectorState } from './vectors.ts';

type Row = Record<string, unknown>;

/** Some states have several public channels for one platform; deciding must cope with them all the same. */
export async function allowSeveralPublicChannels(database: Database): Promise<void> {
  await database.query('drop index if exists channels_public_ios, channels_public_android, channels_public_electron');
}

export async function loadVectorState(database: Database, org_id: string, vector: VectorState): Promise<void> {
  await database.db.transaction().execute(async (trx) => {
    const insert = (table: 'apps' | 'bundles' | 'channels' | 'channel_devices' | 'manifest_entries', rows: Row[]) =>
      rows.length === 0
        ? []
        : trx
            .insertInto(table)
            .values(rows as never)
            .returningAll()
            .execute();
    await insert('apps', [{ ...vector.app, id: randomUUID(), owner_org: org_id, name: vector.state }]);
    const bundles = (await insert('bundles', bundleRows(vector, org_id))) as { id: number; name: string }[];
    const idOf = (name: string | null | undefined) => bundles.find((each) => each.name === name)?.id ?? null;
    await insert('manifest_entries', manifestRows(vector, idOf));
    const channels = (await insert('channels', channelRows(vector, org_id, idOf))) as { id: number; name: string }[];
    await insert('channel_devices', overrideRows(vector, org_id, channels));
  });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function bundleRows({ app, bundles }: VectorState, owner_org: string): Row[] {
  return bundles.map(({ manifest, r2_path, ...columns }) => ({
    ...columns,
    app_id: app.app_id,
    owner_org,
    // No bytes exist behind a state: only URLs are handed out.
    object_sha256: r2_path === null ? null : sha256(r2_path),
    storage_provider: columns.external_url ? 'external' : r2_path ? 'local' : 'none',
    manifest_count: manifest.length,
  }));
}

function manifestRows({ app, bundles }: VectorState, idOf: (name: string) => number | null): Row[] {
  return bundles.flatMap(({ name, manifest }) =>
    manifest.map(({ file_name, file_hash, s3_path, file_size }) => ({
      bundle_id: idOf(name),
      app_id: app.app_id,
      file_name: storedName(file_name, s3_path),
      file_hash,
      object_sha256: sha256(s3_path),
      size: file_size,
    })),
  );
}

/** Old uploads named files percent-encoded; the object's key then ends in that very name. */
function storedName(file_name: string, s3_path: string): string {
  if (!/%[0-9A-F]{2}/i.test(file_name) || !s3_path.endsWith(`_${file_name}`)) return file_name;
  try {
    const decoded = decodeURIComponent(file_name);
    return decoded.split('/').map(encodeURIComponent).join('/') === file_name ? decoded : file_name;
  } catch {
    return file_name;
  }
}

function channelRows(
  { app, channels }: VectorState,
  owner_org: string,
  idOf: (name: string | null) => number | null,
): Row[] {
  return channels.map(({ version, rollout_version, ...flags }) => ({
    ...flags,
    app_id: app.app_id,
    owner_org,
    version: idOf(version),
    rollout_version: idOf(rollout_version ?? null),
  }));
}

function overrideRows(
  { app, overrides }: VectorState,
  owner_org: string,
  channels: { id: number; name: string }[],
): Row[] {
  const pairs = Array.isArray(overrides)
    ? overrides.map(({ device_id, channel }) => [device_id, channel] as const)
    : Object.entries(overrides);
  return pairs.map(([device_id, channel]) => ({
    app_id: app.app_id,
    owner_org,
    device_id,
    channel_id: channels.find((each) => each.name === channel)?.id,
  }));
}
