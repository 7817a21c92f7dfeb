// The process that makes the load: takes turns from its parent and reports what came back.

import { type Counters, drive } from './connection.ts';
import type { Numbers, Outcome, Shape, Turn } from './shape.ts';

let requests = 0;

process.on('message', (turn: Turn) => {
  load(turn).then(
    (outcome) => process.send!({ outcome }),
    (error: Error) => process.send!({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit());

async function load({ port, shape, seconds }: Turn): Promise<Outcome> {
  const counters: Counters = { requests: 0, failed: 0, bodyBytes: 0, latenciesMs: [] };
  const startMs = performance.now();
  const next = shape.order === 'once' ? eachOnce(shape) : randomUntil(shape, startMs + seconds * 1000);
  await Promise.all(Array.from({ length: shape.connections }, () => drive(port, shape, counters, next)));
  const sorted = Float64Array.from(counters.latenciesMs).sort();
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return {
    requests: counters.requests,
    seconds: (performance.now() - startMs) / 1000,
    failed: counters.failed,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    bodyBytes: counters.bodyBytes,
  };
}

/** Every device belongs to one app: the one that its number leads to. */
const placeOf = (device: number, { apps }: Shape): Numbers => ({ device, app: device % apps, request: ++requests });

function randomUntil(shape: Shape, endMs: number) {
  const { from = 0, devices, pipelining } = shape;
  return () => {
    if (performance.now() >= endMs) return undefined;
    return Array.from({ length: pipelining }, () => placeOf(from + Math.floor(Math.random() * devices), shape));
  };
}

function eachOnce(shape: Shape) {
  const { from = 0, devices, pipelining } = shape;
  let device = from;
  const last = from + devices - 1;
  return () => {
    if (device > last) return undefined;
    return Array.from({ length: pipelining }, () => placeOf(Math.min(device++, last), shape));
  };
}
