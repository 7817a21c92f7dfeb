// Days as the whole server counts them, in UTC from midnight to midnight, and how long days and hours are.

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** `YYYY-MM-DD`. A number is milliseconds since 1970. */
export const utcDay = (at: Date | number): string => new Date(at).toISOString().slice(0, 10);
