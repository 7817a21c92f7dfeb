// How column types arrive in JavaScript, the same from both engines.

/** int8 as a number: ids, sizes and counts stay far below 2^53. */
export const parseInt8 = (text: string): number => Number(text);

/** A date without a time stays `YYYY-MM-DD`: as a Date it would move with the process's time zone. */
export const parseDate = (text: string): string => text;
