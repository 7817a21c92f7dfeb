// Statistics: what `/statistics` takes and answers.
import { type Static, Type } from 'typebox';
import { answer, onlyKnown, Timestamp } from './formats.ts';

const numbers = {
  date: Timestamp,
  mau: Type.Number(),
  storage: Type.Number(),
  storage_byte_hours: Type.Number(),
  bandwidth: Type.Number(),
  get: Type.Number(),
  build_time_seconds: Type.Number(),
};

export const DayStatistics = answer(numbers);
export type DayStatistics = Static<typeof DayStatistics>;
export const DayStatisticsList = Type.Array(DayStatistics);

export const AppDayStatistics = answer({ app_id: Type.String(), ...numbers });
export type AppDayStatistics = Static<typeof AppDayStatistics>;

export const StatisticsBreakdown = answer({
  global: DayStatisticsList,
  byApp: Type.Array(AppDayStatistics),
});
export type StatisticsBreakdown = Static<typeof StatisticsBreakdown>;

export const OrgStatistics = Type.Unsafe<DayStatistics[] | StatisticsBreakdown>({
  anyOf: [DayStatisticsList, StatisticsBreakdown],
});

const datasets = {
  labels: Type.Array(Type.String({ description: 'YYYY-MM-DD' })),
  datasets: Type.Array(
    answer({
      label: Type.String(),
      data: Type.Array(Type.Number({ description: 'percent, a day with data sums to 100' })),
      metaCounts: Type.Array(Type.Integer()),
    }),
  ),
};

export const BundleUsage = answer(datasets);
export type BundleUsage = Static<typeof BundleUsage>;

export const NativeUsage = answer({
  ...datasets,
  latestVersion: answer({ name: Type.String(), percentage: Type.String() }),
});
export type NativeUsage = Static<typeof NativeUsage>;

export const HeldBack = answer({
  data: Type.Array(
    answer({
      date: Type.String({ description: 'YYYY-MM-DD, UTC' }),
      store_network: Type.Integer({ description: "requests from the stores' own machines" }),
      new_device: Type.Integer({ description: 'new devices beyond the cap, each once an hour' }),
      not_offered: Type.Integer({ description: 'starts and failures of bundles that the device was not offered' }),
    }),
  ),
  new_devices_per_hour: Type.Integer({ description: 'the cap of each network; 0 is none' }),
});
export type HeldBack = Static<typeof HeldBack>;

const trueOrFalse = Type.Optional(Type.Unsafe<'true' | 'false'>({ enum: ['true', 'false'] }));

export const StatisticsRange = Type.Object(
  {
    from: Type.String({ description: 'anything a JavaScript Date can parse' }),
    to: Type.String({ description: 'exclusive for series, inclusive for bundle and native usage' }),
    noAccumulate: trueOrFalse,
    breakdown: trueOrFalse,
  },
  onlyKnown,
);
export type StatisticsRange = Static<typeof StatisticsRange>;
