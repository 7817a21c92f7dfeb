// The platforms that a message can name.

export const PLATFORMS = ['android', 'ios', 'hmos', 'web'] as const;
export type Platform = (typeof PLATFORMS)[number];
