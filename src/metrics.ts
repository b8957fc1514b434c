/**
 * The metrics, by prom-client in a registry of their own. Names and labels are relied on by others.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DEAD_LETTER_SUFFIX, TOPICS } from './domain/event.ts';
import { PAYMENT_STATUSES } from './domain/payment.ts';
import type { Metrics, ProviderLabels } from './domain/telemetry.ts';
import type { MetricSample } from './metrics/emf.ts';

export interface GatewayMetrics extends Metrics {
  /** The text that Prometheus reads. */
  render(): Promise<{ contentType: string; body: string }>;
  /** Counters and gauges, as they are. */
  read(): Promise<MetricSample[]>;
}

export interface MetricsOptions {
  /** Node's own: memory, event loop, garbage collection. @default true */
  processMetrics?: boolean;
}

/** From a refusal in under a millisecond to the standard handler's deadline. */
const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];
const PROVIDER_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15];
const WORKER_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];

/** Any other method is the caller's own invention, and no label takes its value from a caller. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const PROVIDER = ['provider', 'market', 'operation'] as const;
const MARKET = ['provider', 'market'] as const;

function makeInstruments(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[],
  ) => new Histogram({ name, help, labelNames: [...labelNames], buckets, registers });

  return {
    http: counter('http_requests_total', 'Requests answered', ['method', 'route', 'status']),
    httpSeconds: histogram(
      'http_request_duration_seconds',
      'From the arrival of a request to its answer',
      ['method', 'route', 'status'],
      HTTP_BUCKETS,
    ),
    provider: counter('provider_requests_total', 'Calls to providers', [...PROVIDER, 'outcome']),
    providerSeconds: histogram(
      'provider_request_duration_seconds',
      'From the start of a call to a provider to its outcome',
      PROVIDER,
      PROVIDER_BUCKETS,
    ),
    breaker: gauge('provider_breaker_state', '0 closed, 1 half-open, 2 open', PROVIDER),
    rejections: counter('provider_breaker_rejections_total', 'Calls refused before a provider', [
      ...PROVIDER,
      'reason',
    ]),
    inFlight: gauge('provider_in_flight', 'Places taken in the bulkhead', PROVIDER),
    claims: counter('idempotency_claims_total', 'Claims of idempotency keys', ['result', 'store']),
    payments: counter('payments_total', 'Payments by the state they moved to', [
      ...MARKET,
      'status',
    ]),
    failovers: counter(
      'payment_failovers_total',
      'Payments that went on to another provider after a dispatch of which nothing left',
      [...MARKET, 'to'],
    ),
    unresolved: gauge('payments_unresolved', 'Payments without a final state', MARKET),
    oldestUnresolved: gauge(
      'payments_oldest_unresolved_seconds',
      'Age of the oldest payment without a final state',
      MARKET,
    ),
    discrepancies: gauge('discrepancies_open', 'Discrepancies that nobody has closed', MARKET),
    unsealed: gauge('ledger_unsealed', 'Ledger transactions that wait for a seal'),
    oldestUnsealed: gauge(
      'ledger_unsealed_oldest_seconds',
      'Age of the oldest ledger transaction that waits for a seal',
    ),
    outboxPending: gauge('outbox_pending', 'Messages that wait to be published'),
    outboxOldest: gauge('outbox_oldest_seconds', 'Age of the oldest message that waits'),
    published: counter('events_published_total', 'Messages acknowledged by Kafka', ['topic']),
    consumed: counter('events_consumed_total', 'Messages consumed', ['type', 'status']),
    workerSeconds: histogram(
      'worker_processing_duration_seconds',
      'One piece of work of a worker loop',
      ['task'],
      WORKER_BUCKETS,
    ),
    retries: counter('worker_retries_total', 'Messages sent to a retry tier', ['type']),
    deadLetters: counter('dlq_messages_total', 'Messages sent to dead letters', ['topic']),
  };
}

type Instruments = ReturnType<typeof makeInstruments>;

/** A series that is born at 1 has no increase: what an alert watches begins at 0, with its provider. */
function startAtZero({ payments }: Instruments, { provider, market }: ProviderLabels): void {
  for (const status of PAYMENT_STATUSES) payments.inc({ provider, market, status }, 0);
}

/** prom-client throws at what is not a finite number; a metric is not worth an exception. */
function atLeastZero(value: number): number {
  return value > 0 && value < Number.POSITIVE_INFINITY ? value : 0;
}

/** Histograms are for Prometheus alone: their buckets would be a metric each elsewhere. */
async function readSamples(registry: Registry): Promise<MetricSample[]> {
  const all = await registry.getMetricsAsJSON();
  const isPlain = ({ type }: { type: unknown }) => type === 'counter' || type === 'gauge';
  return all.filter(isPlain).flatMap(({ name, values }) =>
    values.map(({ labels, value }) => ({
      name,
      labels: labels as MetricSample['labels'],
      value,
    })),
  );
}

function idOf({ provider, market }: { provider: string; market: string }): string {
  return `${provider} ${market}`;
}

export function makeMetrics({ processMetrics = true }: MetricsOptions = {}): GatewayMetrics {
  const registry = new Registry();
  const instruments = makeInstruments(registry);
  instruments.deadLetters.inc({ topic: `${TOPICS.jobs}.${DEAD_LETTER_SUFFIX}` }, 0);
  // Without labels they are born at 0, and nobody has looked yet.
  const { outboxPending, outboxOldest, unsealed, oldestUnsealed } = instruments;
  for (const gauge of [outboxPending, outboxOldest, unsealed, oldestUnsealed]) gauge.remove();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  /** Markets that were ever reported, so that one without a row falls back to 0. */
  const markets = new Map<string, { provider: string; market: string }>();

  return {
    httpRequest({ method, route, status }, seconds) {
      const labels = { method: METHODS.has(method) ? method : 'OTHER', route, status };
      instruments.http.inc(labels);
      instruments.httpSeconds.observe(labels, atLeastZero(seconds));
    },
    providerRequest({ provider, market, operation }, outcome, seconds) {
      instruments.provider.inc({ provider, market, operation, outcome });
      instruments.providerSeconds.observe({ provider, market, operation }, atLeastZero(seconds));
    },
    breakerState(labels, state) {
      instruments.breaker.set({ ...labels }, state);
      startAtZero(instruments, labels);
    },
    breakerRejection: (labels, reason) => instruments.rejections.inc({ ...labels, reason }),
    providerInFlight: (labels, count) => instruments.inFlight.set({ ...labels }, count),
    idempotencyClaim: (result, store) => instruments.claims.inc({ result, store }),
    payment: ({ provider, market, status }) =>
      instruments.payments.inc({ provider, market, status }),
    failover: ({ provider, market, to }) => instruments.failovers.inc({ provider, market, to }),
    unresolved(rows) {
      const zero = { count: 0, oldestSeconds: 0 };
      const now = new Map(rows.map((row) => [idOf(row), row]));
      for (const [id, { provider, market }] of now) markets.set(id, { provider, market });
      for (const [id, labels] of markets) {
        const { count, oldestSeconds } = now.get(id) ?? zero;
        instruments.unresolved.set(labels, atLeastZero(count));
        instruments.oldestUnresolved.set(labels, atLeastZero(oldestSeconds));
      }
    },
    discrepanciesOpen(rows) {
      const now = new Map(rows.map((row) => [idOf(row), row]));
      for (const [id, { provider, market }] of now) markets.set(id, { provider, market });
      for (const [id, labels] of markets) {
        instruments.discrepancies.set(labels, atLeastZero(now.get(id)?.count ?? 0));
      }
    },
    ledgerUnsealed(count, oldestSeconds) {
      instruments.unsealed.set(atLeastZero(count));
      instruments.oldestUnsealed.set(atLeastZero(oldestSeconds));
    },
    outbox(pending, oldestSeconds) {
      instruments.outboxPending.set(atLeastZero(pending));
      instruments.outboxOldest.set(atLeastZero(oldestSeconds));
    },
    eventsPublished: (topic, count) => instruments.published.inc({ topic }, atLeastZero(count)),
    eventConsumed: (type, status) => instruments.consumed.inc({ type, status }),
    workerProcessing: (task, seconds) =>
      instruments.workerSeconds.observe({ task }, atLeastZero(seconds)),
    workerRetry: (type) => instruments.retries.inc({ type }),
    deadLetter: (topic) => instruments.deadLetters.inc({ topic }),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    read: () => readSamples(registry),
  };
}
