// Which plugin versions choose their channel otherwise, as data for the rule in TypeScript and for the one in SQL.
// Source: docs/protocol/device.md §2 and §4.3.

/** Refused before a channel is looked for. */
export const UNSUPPORTED_MAJOR = 4;

/** 9.0.0 and 10.0.0 are code of the 5.0 line under a new number. */
export const misnumberedMajors = [9, 10] as const;

export const FIRST_MAJOR_THAT_KEEPS_CHANNELS = 5;

/**
 * From here on a plugin keeps the name that `getChannel` was answered, and names it from then on. Majors above that are not
 * listed always do; Electron never does.
 */
export const keepsAnsweredChannelSince = { 5: '5.50.0', 6: '6.50.0', 7: '7.50.0', 8: '8.47.9' } as const;
