// Conformance rows of the management API: devices, overrides, statistics (docs/protocol/management.md §11).

import { sql } from 'kysely';
import type { Db } from '../../../db/database.ts';
import { addDevice } from './fixture.ts';
import { as, del, get, post } from './requests.ts';
import type { Row } from './steps.ts';

const device = '/device';
const inApp = '/device/?app_id={APP}';
const override = (channel: string, status = 200, holds?: object) =>
  post(device, { app_id: '{APP}', device_id: '{D1}', channel }, status, holds);

async function threeDevices(db: Db): Promise<void> {
  for (const [at, id] of ['22222222', '33333333'].entries()) {
    await addDevice(db, `${id}-1111-4111-8111-111111111111`, `2024-01-0${at + 4}T00:00:00.500Z`);
  }
}

const D2 = '22222222-1111-4111-8111-111111111111';
const D3 = '33333333-1111-4111-8111-111111111111';

export const deviceRows: Row[] = [
  {
    id: '104',
    title: 'a list',
    steps: [
      {
        ...get(inApp, 200, {
          data: [{ device_id: '{D1}', platform: 'android', version_name: '1.0.0', version: '{V1}' }],
          hasMore: false,
        }),
        lacks: ['nextCursor'],
      },
    ],
  },
  {
    id: '105',
    title: 'page by page',
    given: threeDevices,
    steps: [
      {
        ...get(`${inApp}&limit=2`, 200, {
          data: [{ device_id: '{D1}' }, { device_id: D2 }],
          hasMore: true,
          nextCursor: `2024-01-04T00:00:00.500Z|${D2}`,
        }),
        keep: { NEXT: 'nextCursor' },
      },
      { ...get(`${inApp}&limit=2&cursor={NEXT}`, 200, { data: [{ device_id: D3 }], hasMore: false }), length: 1 },
      { ...get(`${inApp}&limit=1&order=desc`, 200, { data: [{ device_id: D3 }] }), keep: { NEXT: 'nextCursor' } },
      get(`${inApp}&limit=1&order=desc&cursor={NEXT}`, 200, { data: [{ device_id: D2 }] }),
      { ...get(`${inApp}&updated_at=2024-01-04T00:00:00.500Z`, 200, { data: [{ device_id: D3 }] }), length: 1 },
      { ...get(`${inApp}&cursor=nonsense`, 200), length: 3 },
    ],
  },
  {
    id: '106',
    title: 'one, in any case',
    steps: [
      get(
        `${inApp}&device_id=11111111-1111-4111-8111-111111111111`
          .toUpperCase()
          .replace('/DEVICE/?APP_ID', '/device/?app_id')
          .replace('&DEVICE_ID', '&device_id'),
        200,
        { device_id: '{D1}', custom_id: 'qa' },
      ),
    ],
  },
  { id: '107', title: 'an unknown one', steps: [get(`${inApp}&device_id=nope`, 404, { error: 'device_not_found' })] },
  {
    id: '108',
    title: 'limits',
    steps: [
      get(`${inApp}&limit=0`, 400, { error: 'invalid_limit' }),
      get(`${inApp}&limit=1.5`, 400, { error: 'invalid_limit' }),
    ],
  },
  {
    id: '109',
    title: 'order and time',
    steps: [
      get(`${inApp}&order=sideways`, 400, { error: 'invalid_order' }),
      get(`${inApp}&updated_at=2024-02-31T00:00:00.000Z`, 400, { error: 'invalid_updated_at' }),
    ],
  },
  {
    id: '110',
    title: 'forced onto a channel',
    steps: [
      { ...override('beta'), equals: { status: 'ok' } },
      get(`${inApp}&device_id={D1}`, 200, { channel: 'beta' }),
      del(device, { app_id: '{APP}', device_id: '{D1}' }, 200),
      { ...get(`${inApp}&device_id={D1}`, 200), lacks: ['channel'] },
    ],
  },
  {
    id: '112',
    title: 'not onto a public channel',
    steps: [override('production', 400, { error: 'public_channel_override' })],
  },
  { id: '113', title: 'nor an unknown one', steps: [override('nope', 404, { error: 'channel_not_found' })] },
  {
    id: '114',
    title: 'nor onto a bundle',
    steps: [post(device, { app_id: '{APP}', device_id: '{D1}', version_id: 5 }, 400, { error: 'invalid_version_id' })],
  },
  {
    id: '115',
    title: 'who may',
    steps: [
      as('READ', override('beta', 400, { error: 'cannot_access_channel' })),
      as('KEY_B', override('beta', 404, { error: 'channel_not_found' })),
      post(device, { app_id: '{APP}' }, 400, { error: 'missing_device_id_or_app_id' }),
    ],
  },
  {
    id: '116',
    title: 'nothing to remove',
    steps: [{ ...del(device, { app_id: '{APP}', device_id: 'never-seen' }, 200), equals: { status: 'ok' } }],
  },
];

const stats = '/statistics/app/{APP}';
const february = 'from=2024-01-01&to=2024-01-04';

/** Devices by their first day, as two processes count them. */
async function firstSeen(db: Db): Promise<void> {
  await sql`insert into mau_daily (app_id, day, slot, devices) values
    ('com.demo.app', '2024-01-01', 0, 1), ('com.demo.app', '2024-01-01', 1, 1), ('com.demo.app', '2024-01-02', 1, 1)`.execute(
    db,
  );
}

const offered = (rows: [day: string, version: string, count: number][]) => async (db: Db) => {
  for (const [day, version_name, count] of rows) {
    await db
      .insertInto('stats_daily')
      .values({
        app_id: 'com.demo.app',
        day,
        version_name,
        channel: 'production',
        platform: 'ios',
        action: 'get',
        count,
      })
      .execute();
  }
};

export const statisticsRows: Row[] = [
  {
    id: '153',
    title: 'active devices add up within the month',
    given: firstSeen,
    steps: [
      {
        ...get(`${stats}?${february}`, 200, [{ mau: 2, date: '2024-01-01T00:00:00.000Z' }, { mau: 3 }, { mau: 3 }]),
        length: 3,
      },
      get(`${stats}?${february}&noAccumulate=true`, 200, [{ mau: 2 }, { mau: 1 }, { mau: 0 }]),
      get(`/statistics/org/{ORG_A}?${february}`, 200, [{ mau: 2 }, { mau: 3 }, { mau: 3 }]),
      get(`/statistics/user?${february}`, 200, [{ mau: 2 }, { mau: 3 }, { mau: 3 }]),
      get(`/statistics/org/{ORG_A}?${february}&breakdown=true`, 200, {
        global: [{ mau: 2 }],
        byApp: [{ app_id: '{APP}', mau: 2 }],
      }),
    ],
  },
  {
    id: '154',
    title: 'an empty range',
    steps: [{ ...get(`${stats}?from=2024-01-01&to=2024-01-01`, 200), equals: [] }],
  },
  {
    id: '155',
    title: 'storage starts from what is there',
    async given(db) {
      await sql`insert into storage_daily (app_id, day, bytes, byte_hours) values
        ('com.demo.app', '2023-12-01', 500, 0), ('com.demo.app', '2024-01-02', 100, 1200), ('com.demo.app', '2024-01-03', -40, -240)`.execute(
        db,
      );
      await sql`alter table bundles disable trigger record_storage`.execute(db);
      await sql`update bundles set size = 560 where name = '1.0.0'`.execute(db);
      await sql`alter table bundles enable trigger record_storage`.execute(db);
    },
    steps: [
      get(`${stats}?${february}`, 200, [{ storage: 500 }, { storage: 600 }, { storage: 560 }]),
      get(`${stats}?${february}&noAccumulate=true`, 200, [
        { storage: 500, storage_byte_hours: 12000 },
        { storage: 100, storage_byte_hours: 13200 },
        { storage: -40, storage_byte_hours: 14160 },
      ]),
    ],
  },
  {
    id: '156',
    title: 'switches are true or false',
    steps: [
      get(`${stats}?${february}&noAccumulate=yes`, 400, { error: 'invalid_body' }),
      get(`${stats}?to=2024-01-01`, 400, {
        error: 'invalid_body',
        moreInfo: { error: { issues: [{ message: 'from is required' }] } },
      }),
      get(`${stats}?from=x&to=2024-01-01`, 400, {
        error: 'invalid_body',
        moreInfo: { error: { issues: [{ message: 'from must be a valid date' }] } },
      }),
    ],
  },
  {
    id: '157',
    title: 'an unknown app',
    steps: [get(`/statistics/app/com.nope.app?${february}`, 401, { error: 'no_access_to_app' })],
  },
  {
    id: '158',
    title: 'an unknown organization',
    steps: [
      get(`/statistics/org/00000000-0000-4000-8000-000000000000?${february}`, 401, {
        error: 'no_access_to_organization',
      }),
    ],
  },
  {
    id: '160',
    title: 'shares sum to a hundred',
    given: offered([
      ['2024-01-01', '1.0.0', 1],
      ['2024-01-01', '1.1.0', 1],
      ['2024-01-01', '1.2.0', 1],
    ]),
    steps: [
      {
        ...get(`${stats}/bundle_usage?from=2024-01-01&to=2024-01-01`, 200),
        equals: {
          labels: ['2024-01-01'],
          datasets: [
            { label: '1.0.0', data: [33.4], metaCounts: [1] },
            { label: '1.1.0', data: [33.3], metaCounts: [1] },
            { label: '1.2.0', data: [33.3], metaCounts: [1] },
          ],
        },
      },
    ],
  },
  {
    id: '161',
    title: 'a silent day shows the one before',
    given: offered([
      ['2024-01-01', '1.0.0', 3],
      ['2024-01-03', '1.0.0', 1],
    ]),
    steps: [
      get(`${stats}/bundle_usage?from=2024-01-01&to=2024-01-03`, 200, {
        datasets: [{ metaCounts: [3, 3, 1], data: [100, 100, 100] }],
      }),
    ],
  },
  {
    id: 'native',
    title: 'native builds by device',
    async given(db) {
      await sql`insert into native_daily (app_id, day, platform, version_build, slot, devices) values
        ('com.demo.app', '2024-01-01', 'ios', '1.2.0', 0, 1), ('com.demo.app', '2024-01-01', 'ios', '1.2.0', 3, 1),
        ('com.demo.app', '2024-01-01', 'android', '1.1.0', 0, 1)`.execute(db);
    },
    steps: [
      {
        ...get(`${stats}/native_usage?from=2024-01-01&to=2024-01-02`, 200),
        equals: {
          labels: ['2024-01-01', '2024-01-02'],
          datasets: [
            { label: 'Android 1.1.0', data: [33.3, 0], metaCounts: [1, 0] },
            { label: 'iOS 1.2.0', data: [66.7, 0], metaCounts: [2, 0] },
          ],
          latestVersion: { name: 'iOS 1.2.0', percentage: '66.7' },
        },
      },
    ],
  },
];
