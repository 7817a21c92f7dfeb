// Days as the whole server counts them: in UTC, from midnight to midnight.

export const DAY_MS = 86_400_000;

/** `YYYY-MM-DD`. A number is milliseconds since 1970. */
export const utcDay = (at: Date | number): string => new Date(at).toISOString().slice(0, 10);
