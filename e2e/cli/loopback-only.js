// Preloaded into foreign programs: their requests may not leave this machine.

import { Socket } from 'node:net';

const connect = Socket.prototype.connect;
const LOOPBACK = /^(localhost|127\.|::1$|\[::1\]$)/;

Socket.prototype.connect = function connectOnLoopback(...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  const host = typeof first === 'object' && first !== null ? first.host : undefined;
  if (typeof host === 'string' && !LOOPBACK.test(host)) {
    throw new Error(`${host} is not on this machine`);
  }
  return connect.apply(this, args);
};
