// PostgreSQL refuses a row whose index entry is longer than 2,704 bytes, and with it the batch that it came in. Whoever names a text
// that is indexed, a device first of all, is bounded: each index has to stand here with the longest entry that can be asked of it.

import { afterAll, expect, test } from 'vitest';
import { openTestDatabase } from '../testing/database.ts';

const database = await openTestDatabase();
afterAll(() => database.close());

const MAX_ENTRY_BYTES = 2_704;

/** Bytes in UTF-8 of the longest value of each column, by who names it. A cut at UTF-16 units is three bytes a unit. */
const bytes: Readonly<Record<string, number>> = {
  // Devices and strangers: doors/device/fields.ts, question.ts and stats-event.ts; doors/mtpush/dialect/registration.ts.
  ...{ device_id: 3 * 128, 'devices.version_name': 3 * 512, 'devices.running_version': 3 * 512 },
  ...{
    version_build: 256,
    platform: 3 * 32,
    'release_history.key': 3 * 128,
    action: 64,
    live_activity_id: 255,
    alias: 40,
    tag: 40,
    bucket: 50,
  },
  // rollouts/place.ts
  ...{ place: 9 + 3 * 64, 'withheld_bundles.version': 3 * 64 },
  // Owners and their CI: the schemas of protocol/src/manage.
  ...{
    app_id: 155,
    version_name: 256,
    bundle_name: 256,
    'bundles.name': 256,
    'channels.name': 4 * 200,
    channel: 4 * 200,
  },
  ...{ 'former_defaults.name': 4 * 200, 'orgs.name': 4 * 200, email: 4 * 320, file_name: 1_027 },
  ...{ plan_id: 50, repeat_key: 100, scope: 255, language: 50, group_key: 100, service: 255, reason: 3 * 200 },
  // This server, and the services that owners name to it.
  ...{
    code: 64,
    grain: 6,
    kind: 20,
    part: 20,
    state: 20,
    registration_id: 64,
    app_key: 64,
    segment_id: 64,
    provider_id: 64,
  },
  ...{
    account_id: 3 * 255,
    credential_id: 1_364,
    identifier: 255,
    token: 255,
    blob_key: 255,
    fingerprint: 64,
    name: 100,
  },
  ...{
    key_hash: 64,
    token_hash: 64,
    device_code_hash: 64,
    user_code_hash: 64,
    target_hash: 64,
    object_sha256: 64,
    group_msgid: 64,
  },
  ...{ sha256: 64, idempotency_key_hash: 64, caller: 200 },
  // A kind, a host and the end of a path: attention/sources/disk.ts.
  matter_id: 20 + 3 * (255 + 200),
};

test('no index can be asked for a longer entry than it takes', async () => {
  const { rows } = await database.query(
    `select t.relname as table_name, i.relname as index_name, array_to_json(array_agg(a.attname::text)) as columns
     from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
     join unnest(x.indkey) k on true join pg_attribute a on a.attrelid = t.oid and a.attnum = k
     where t.relnamespace = 'public'::regnamespace and not t.relispartition and a.atttypid = 'text'::regtype
     group by 1, 2 order by 1, 2`,
  );
  expect(rows.length).toBeGreaterThan(50);
  const tooLong = rows.flatMap(({ table_name, index_name, columns }) => {
    const each = (columns as string[]).map((name) => bytes[`${table_name}.${name}`] ?? bytes[name] ?? Number.NaN);
    const sum = each.reduce((all, one) => all + one, 0);
    return sum < MAX_ENTRY_BYTES - 100 ? [] : [{ table_name, index_name, columns, sum }];
  });
  expect(tooLong, 'an index that is missing above, or too long').toEqual([]);
});
