// What the statistics bench fills and asks: the same for the filler and the bench.

export const app_id = 'com.bench.statistics';
export const DAYS = 365;
export const DEVICES = 100_000;
