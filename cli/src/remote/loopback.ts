// What never leaves this machine.

const LOOPBACK = /^(.+\.)?localhost\.?$|^127(\.\d{1,3}){3}$|^\[?::1\]?$/i;

/** `host` is a name or an address, without port. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);
