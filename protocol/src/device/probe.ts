// The device that is none: the updater gives every phone a random id, so this one is free for tools that only ask.

/** Questions of this device are answered like any other's, but neither noted nor counted. */
export const PROBE_DEVICE_ID = '00000000-0000-0000-0000-000000000000';
