// What a process counts about itself since it started, where to count costs nanoseconds. `/metrics` prints it.

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const ROWS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];

/** A number that only grows. */
export class Count {
  value = 0;
}

/** How often a value was seen, by upper bounds, and the sum of all. */
export class Distribution {
  readonly bounds: readonly number[];
  /** One for each bound, and one for what is above all of them. Not added up. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]!) at += 1;
    this.counts[at]! += 1;
    this.sum += value;
  }
}

/** One value for each combination of labels. Labels are words of this program, never what strangers send: each is kept for ever. */
export class Family<Value> {
  readonly names: readonly string[];
  readonly #make: () => Value;
  readonly #series = new Map<string, { labels: Record<string, string>; value: Value }>();

  constructor(names: readonly string[], make: () => Value) {
    this.names = names;
    this.#make = make;
  }

  /** In the order of the names. */
  of(...labels: string[]): Value {
    const key = labels.length === 1 ? labels[0]! : labels.join('\n');
    let known = this.#series.get(key);
    if (known === undefined) {
      known = { labels: Object.fromEntries(this.names.map((name, at) => [name, labels[at]!])), value: this.#make() };
      this.#series.set(key, known);
    }
    return known.value;
  }

  series(): Iterable<{ readonly labels: Record<string, string>; readonly value: Value }> {
    return this.#series.values();
  }
}

/** `known` stand at 0 from the start: a scraper sees the first one only where there was a 0 before. */
function counts(name: string, known: readonly string[] = []): Family<Count> {
  const family = new Family([name], () => new Count());
  for (const label of known) family.of(label);
  return family;
}

export class Metrics {
  /** Seconds from the head of a request to the end of its answer. `route`: `POST /updates`. */
  readonly requests = new Family(['door', 'route', 'status'], () => new Distribution(SECONDS));
  /** What `/updates` answered: `update`, `builtin`, or the code of a refusal. */
  readonly decisions = counts('reason');
  /** What was heard of devices about bundles, committed. */
  readonly outcomes = counts('signal');
  readonly commitRows = new Distribution(ROWS);
  /** Of one request, from when its events came until they were committed. */
  readonly commitWait = new Distribution(SECONDS);
  readonly push = new Family(['transport', 'result'], () => new Count());
  readonly webhooks = counts('result', ['delivered', 'retried', 'failed']);
  readonly blobErrors = counts('operation', ['put', 'read', 'stat', 'remove', 'list', 'ping']);
  /** What servers did to plans by themselves. */
  readonly planMoves = counts('move', ['advance', 'ask', 'stop']);
  readonly guardActions = counts('action', [
    ...['stop', 'take_back', 'tell'],
    ...['rollout_pause', 'rollout_rollback', 'rollout_notify'],
  ]);
}
