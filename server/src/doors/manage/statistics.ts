// /statistics: daily numbers of an app, an organization, or all that the key reads; shares of bundles and native builds.

import { onlyKnown } from '@overair/protocol/manage/formats';
import {
  BundleUsage,
  DayStatisticsList,
  HeldBack,
  NativeUsage,
  OrgStatistics,
  StatisticsRange,
} from '@overair/protocol/manage/statistics';
import { Type } from 'typebox';
import { listReadableAppIds, listStatisticsAppIds } from '../../accounts/app-ids.ts';
import type { Config } from '../../config.ts';
import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { readStoredBytes } from '../../releases/stored-bytes.ts';
import { type DayRange, inclusiveRange, seriesRange } from '../../stats/days.ts';
import { readHeldBack } from '../../stats/held-back.ts';
import { readSeries, readSeriesByApp, type SeriesOptions } from '../../stats/read.ts';
import { readBundleUsage, readNativeUsage } from '../../stats/usage.ts';
import { utcDay } from '../../utc-day.ts';
import { invalidBody } from './input.ts';
import { momentOf } from './moment.ts';
import type { AddRoute } from './route.ts';

/** Ten years: what a page can show at once, and what bounds an answer. */
const MAX_DAYS = 3660;

const noAppAccess = () => new AppError('no_access_to_app', 401, 'No access to app');

interface Asked {
  from: string;
  to: string;
  noAccumulate?: 'true' | 'false';
}

function rangeOf({ from, to }: Asked, between: (from: Date, to: Date) => DayRange): DayRange {
  const range = between(momentOf('from', from), momentOf('to', to));
  if (range.days <= MAX_DAYS) return range;
  throw invalidBody({ code: 'too_long', path: ['to'], message: `a range must not be longer than ${MAX_DAYS} days` });
}

const today = () => utcDay(Date.now());

const seriesOptions = async (db: Db, input: Asked, app_ids: readonly string[]): Promise<SeriesOptions> => ({
  range: rangeOf(input, seriesRange),
  isAccumulated: input.noAccumulate !== 'true',
  today: today(),
  stored: await readStoredBytes(db, app_ids),
});

const AppRange = Type.Object({ app_id: Type.String(), ...StatisticsRange.properties }, onlyKnown);
const OrgRange = Type.Object({ org_id: Type.String(), ...StatisticsRange.properties }, onlyKnown);

/** The query is judged before the permission. */
const ofApp = (between: (from: Date, to: Date) => DayRange) => ({
  permission: 'app.read_statistics' as const,
  on(input: Asked & { app_id: string }) {
    rangeOf(input, between);
    return { app_id: input.app_id };
  },
  refuse: noAppAccess,
});

export function statisticsRoutes(add: AddRoute, config: Pick<Config, 'newDevicesPerHour'>): void {
  seriesRoutes(add);
  usageRoutes(add, config);
}

function seriesRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/statistics/app/:app_id',
    summary: 'Daily numbers of an app; running sums unless noAccumulate',
    auth: 'session-or-key',
    input: AppRange,
    needs: ofApp(seriesRange),
    answer: DayStatisticsList,
    async run({ db, input }) {
      const app_ids = [input.app_id];
      return readSeries(db, app_ids, await seriesOptions(db, input, app_ids));
    },
  });

  add({
    method: 'GET',
    url: '/statistics/org/:org_id',
    summary: 'Daily numbers of an organization, with breakdown also by app',
    auth: 'session-or-key',
    input: OrgRange,
    needs: {
      permission: 'org.read_statistics',
      on(input) {
        rangeOf(input, seriesRange);
        return { org_id: input.org_id };
      },
      refuse: () => new AppError('no_access_to_organization', 401, 'No access to organization'),
    },
    answer: OrgStatistics,
    async run({ db, caller, input }) {
      const app_ids = await listStatisticsAppIds(db, caller, input.org_id);
      const options = await seriesOptions(db, input, app_ids);
      const global = await readSeries(db, app_ids, options);
      return input.breakdown === 'true' ? { global, byApp: await readSeriesByApp(db, app_ids, options) } : global;
    },
  });

  add({
    method: 'GET',
    url: '/statistics/user',
    summary: 'Daily numbers of everything the key may read',
    auth: 'session-or-key',
    input: StatisticsRange,
    answer: DayStatisticsList,
    async run({ db, caller, input }) {
      rangeOf(input, seriesRange);
      const app_ids = await listReadableAppIds(db, caller);
      if (!app_ids) throw new AppError('no_organizations_found', 401, 'No organizations found');
      return readSeries(db, app_ids, await seriesOptions(db, input, app_ids));
    },
  });
}

function usageRoutes(add: AddRoute, { newDevicesPerHour }: Pick<Config, 'newDevicesPerHour'>): void {
  add({
    method: 'GET',
    url: '/statistics/app/:app_id/bundle_usage',
    summary: 'Shares of the bundles offered each day, both ends included',
    auth: 'session-or-key',
    input: AppRange,
    needs: ofApp(inclusiveRange),
    answer: BundleUsage,
    run: ({ db, input }) => readBundleUsage(db, input.app_id, rangeOf(input, inclusiveRange), today()),
  });

  add({
    method: 'GET',
    url: '/statistics/app/:app_id/native_usage',
    summary: 'Shares of native builds among the devices seen each day',
    auth: 'session-or-key',
    input: AppRange,
    needs: ofApp(inclusiveRange),
    answer: NativeUsage,
    run: ({ db, input }) => readNativeUsage(db, input.app_id, rangeOf(input, inclusiveRange)),
  });

  add({
    method: 'GET',
    url: '/statistics/app/:app_id/held_back',
    summary: 'What was answered but left out of the numbers, by day, both ends included',
    auth: 'session-or-key',
    input: AppRange,
    needs: ofApp(inclusiveRange),
    answer: HeldBack,
    async run({ db, input }) {
      const data = await readHeldBack(db, input.app_id, rangeOf(input, inclusiveRange), today());
      return { data, new_devices_per_hour: newDevicesPerHour };
    },
  });
}
