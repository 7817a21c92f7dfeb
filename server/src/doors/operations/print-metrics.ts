// Prints what a process counts about itself (../../metrics.ts) in the forms of Prometheus.

import type { Metric, MetricObjectWithValues, MetricValue, Registry } from 'prom-client';
import type { Count, Distribution, Family } from '../../metrics.ts';

interface Facts {
  readonly name: string;
  readonly help: string;
}

export function printCounts(registry: Registry, facts: Facts, family: Family<Count>): void {
  const values = () => [...family.series()].map(({ labels, value }) => ({ labels, value: value.value }));
  print(registry, { ...facts, type: 'counter' }, values);
}

export function printDistributions(registry: Registry, facts: Facts, family: Family<Distribution>): void {
  const values = () => [...family.series()].flatMap(({ labels, value }) => bucketsOf(facts.name, labels, value));
  print(registry, { ...facts, type: 'histogram' }, values);
}

export function printDistribution(registry: Registry, facts: Facts, distribution: Distribution): void {
  print(registry, { ...facts, type: 'histogram' }, () => bucketsOf(facts.name, {}, distribution));
}

type Value = MetricValue<string> & { metricName?: string };

/** Prometheus wants each bucket to hold the smaller ones too. */
function bucketsOf(name: string, labels: Record<string, string>, { bounds, counts, sum }: Distribution): Value[] {
  let total = 0;
  const buckets = counts.map((count, at) => {
    total += count;
    const le = at < bounds.length ? String(bounds[at]) : '+Inf';
    return { labels: { ...labels, le }, value: total, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: total, metricName: `${name}_count` },
  ];
}

/** The library asks a metric for its values; how they are kept is not its business. */
function print(registry: Registry, facts: Facts & { type: 'counter' | 'histogram' }, values: () => Value[]): void {
  const get = async () =>
    ({ ...facts, aggregator: 'sum', values: values() }) as unknown as MetricObjectWithValues<Value>;
  registry.registerMetric({ ...facts, get, reset: () => {} } as unknown as Metric<string>);
}
