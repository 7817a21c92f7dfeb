// What the statistics bench fills and asks: the same for the filler and the bench.

export const app_id = 'com.bench.statistics';
export const days = 365;
export const devices = 100_000;
