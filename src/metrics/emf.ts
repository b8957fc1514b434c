/**
 * CloudWatch's embedded metric format: JSON lines of the log that CloudWatch reads as metrics, too.
 * Source: AWS, "Specification: Embedded metric format" (Amazon CloudWatch user guide). Names, units
 * and dimensions are relied on by the alarms of `terraform-cdktf`.
 */

/** One series of the process, as it is now. */
export interface MetricSample {
  name: string;
  labels: Readonly<Record<string, string | number>>;
  value: number;
}

export const EMF_NAMESPACE = 'PaymentGateway';
const ENVIRONMENT = 'Environment';
const HEARTBEAT = 'process_heartbeat';

/** How several series of one metric become one: a copy's markets and operations are too many. */
type Combine = 'sum' | 'highest' | 'increase';

interface EmfMetric {
  name: string;
  unit: 'Count' | 'Seconds' | 'None';
  /** Its name in our own registry, when that is another one. */
  source?: string;
  combine: Combine;
  /** Beside the environment. */
  by: 'provider' | null;
}

type EmfRole = 'api' | 'worker';

const forAll = { by: null } as const;
const forEachProvider = { by: 'provider' } as const;

/** Each from the role that knows it: a worker has breakers as well, but no merchant meets them. */
const METRICS: Readonly<Record<EmfRole, readonly EmfMetric[]>> = {
  api: [
    { name: 'provider_breaker_state', unit: 'None', combine: 'highest', ...forEachProvider },
    {
      name: 'provider_rejections',
      source: 'provider_breaker_rejections_total',
      unit: 'Count',
      combine: 'increase',
      ...forEachProvider,
    },
  ],
  worker: [
    { name: 'payments_unresolved', unit: 'Count', combine: 'sum', ...forEachProvider },
    {
      name: 'payments_oldest_unresolved_seconds',
      unit: 'Seconds',
      combine: 'highest',
      ...forEachProvider,
    },
    { name: 'discrepancies_open', unit: 'Count', combine: 'sum', ...forEachProvider },
    { name: 'ledger_unsealed_oldest_seconds', unit: 'Seconds', combine: 'highest', ...forAll },
    { name: 'outbox_pending', unit: 'Count', combine: 'sum', ...forAll },
    { name: 'outbox_oldest_seconds', unit: 'Seconds', combine: 'highest', ...forAll },
    {
      name: 'dlq_messages',
      source: 'dlq_messages_total',
      unit: 'Count',
      combine: 'increase',
      ...forAll,
    },
  ],
};

/** Metric → its dimensions, for whoever has an alarm on it. */
export const EMF_DIMENSIONS: Readonly<Record<string, readonly string[]>> = Object.fromEntries([
  ...Object.values(METRICS)
    .flat()
    .map(({ name, by }) => [name, by === null ? [ENVIRONMENT] : [ENVIRONMENT, by]]),
  [HEARTBEAT, [ENVIRONMENT, 'role']],
]);

export interface EmfDocument {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string; Unit: string }[];
    }[];
  };
  [member: string]: unknown;
}

export interface EmfOptions {
  /** Value of the dimension `Environment`. */
  environment: string;
  role: EmfRole | 'dev';
}

/** One moment of the process. */
export interface EmfSnapshot {
  samples: readonly MetricSample[];
  /** Those of the line before; counters begin at 0 with their process. */
  previous: readonly MetricSample[];
  timestampMs: number;
}

interface Reading {
  name: string;
  unit: string;
  value: number;
  dimensions: Record<string, string>;
}

/** Series of a metric, by the value of the label that becomes a dimension. */
function valuesBy({ name, source = name, by }: EmfMetric, samples: readonly MetricSample[]) {
  const series = samples.filter((sample) => sample.name === source);
  const groups = Map.groupBy(series, ({ labels }) => (by === null ? '' : String(labels[by])));
  return new Map([...groups].map(([key, members]) => [key, members.map(({ value }) => value)]));
}

const sum = (values: readonly number[] = []) => values.reduce((total, value) => total + value, 0);

const COMBINE: Readonly<Record<Combine, (now: number[], before?: number[]) => number>> = {
  sum: (now) => sum(now),
  highest: (now) => Math.max(...now),
  increase: (now, before) => sum(now) - sum(before),
};

/** A metric without a series is left out: "unknown" must not read as "none". */
function read(metric: EmfMetric, { samples, previous }: EmfSnapshot): Reading[] {
  const { name, unit, by, combine } = metric;
  const before = valuesBy(metric, previous);
  return [...valuesBy(metric, samples)].map(([key, values]) => ({
    name,
    unit,
    value: COMBINE[combine](values, before.get(key)),
    dimensions: by === null ? ({} as Record<string, string>) : { [by]: key },
  }));
}

/** One document holds metrics that share their dimensions and the values of these. */
function document(readings: readonly Reading[], environment: string, timestamp: number) {
  const dimensions = { [ENVIRONMENT]: environment, ...readings[0]?.dimensions };
  return {
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [
        {
          Namespace: EMF_NAMESPACE,
          Dimensions: [Object.keys(dimensions)],
          Metrics: readings.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(readings.map(({ name, value }) => [name, value])),
  } satisfies EmfDocument;
}

/** What CloudWatch is told of one moment: a document for each set of dimension values. */
export function emfDocuments(
  { environment, role }: EmfOptions,
  snapshot: EmfSnapshot,
): EmfDocument[] {
  const metrics = role === 'dev' ? Object.values(METRICS).flat() : METRICS[role];
  const readings = metrics.flatMap((metric) => read(metric, snapshot));
  const heartbeat = { name: HEARTBEAT, unit: 'Count', value: 1, dimensions: { role } };
  const groups = Map.groupBy([heartbeat, ...readings], (reading) =>
    JSON.stringify(reading.dimensions),
  );
  return [...groups.values()].map((group) => document(group, environment, snapshot.timestampMs));
}
