/** Ports for logs and metrics. Implementations never throw and never block. */

/**
 * Fields that a log line may carry. The logger writes only the fields on its allow-list; anything else is
 * dropped, so that a secret or an MSISDN cannot slip into a log by accident.
 */
export type LogFields = Record<string, unknown>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  child(fields: LogFields): Logger;
}

export interface ProviderLabels {
  provider: string;
  market: string;
  operation: 'charge' | 'status';
}

/** No label takes its value from a caller. Durations are in seconds. */
export interface Metrics {
  httpRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
  providerRequest(labels: ProviderLabels, outcome: string, seconds: number): void;
  /** 0 closed, 1 half-open, 2 open. */
  breakerState(labels: ProviderLabels, state: 0 | 1 | 2): void;
  breakerRejection(labels: ProviderLabels, reason: 'open' | 'saturated'): void;
  providerInFlight(labels: ProviderLabels, count: number): void;
  idempotencyClaim(
    result: 'granted' | 'held' | 'replayed' | 'mismatch' | 'unavailable',
    store: 'redis' | 'postgres',
  ): void;
  payment(labels: { provider: string; market: string; status: string }): void;
  /** A payment went on to another provider after a dispatch that surely never left. */
  failover(labels: { provider: string; market: string; to: string }): void;
  unresolved(
    rows: { provider: string; market: string; count: number; oldestSeconds: number }[],
  ): void;
  /** Discrepancies that nobody has closed. */
  discrepanciesOpen(rows: { provider: string; market: string; count: number }[]): void;
  /** What was booked and is in no seal yet. */
  ledgerUnsealed(count: number, oldestSeconds: number): void;
  outbox(pending: number, oldestSeconds: number): void;
  eventsPublished(topic: string, count: number): void;
  eventConsumed(type: string, status: 'done' | 'duplicate' | 'retry' | 'dead'): void;
  workerProcessing(task: string, seconds: number): void;
  workerRetry(type: string): void;
  deadLetter(topic: string): void;
}
