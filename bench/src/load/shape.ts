// What the loader sends: one request with holes for numbers, filled anew each time.

/**
 * In the body a run of `#` is the number of a device, a run of `@` that of its app, and a run of `%` the number of the
 * request, which no other has: with leading zeros, always as long.
 */
export interface Shape {
  path: string;
  body: string;
  devices: number;
  /** Number of the first device. */
  from?: number;
  apps: number;
  /** `random`: any device of an app's; `once`: each device after the other, and then the load ends. */
  order: 'random' | 'once';
  connections: number;
  /** Requests on their way on one connection. */
  pipelining: number;
}

/** The numbers of one request. */
export interface Numbers {
  device: number;
  app: number;
  request: number;
}

export interface Turn {
  port: number;
  shape: Shape;
  /** Ignored when the order is `once`. */
  seconds: number;
}

export interface Outcome {
  requests: number;
  seconds: number;
  /** Answers other than 200. */
  failed: number;
  p50Ms: number;
  p99Ms: number;
  /** Bytes of the last body received: both sides of a comparison should answer as much. */
  bodyBytes: number;
}
