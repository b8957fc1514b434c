/** What the load generator is asked to do, and what it reports: JSON between two processes. */
import type { LatencySummary } from './statistics.ts';

export interface LoadSpec {
  host: string;
  port: number;
  apiKey: string;
  provider: 'MTN' | 'AIRTEL';
  /** Stands in every idempotency key and reference, so that runs never meet. */
  run: string;
  /** So many different keys, again and again; null for a new key with each request. */
  distinctKeys: number | null;
  connections: number;
  /** Null: a closed loop, each connection sends as soon as it was answered. */
  ratePerSecond: number | null;
  /** Requests of this time are sent and not counted. */
  warmupMs: number;
  /** At most this long … */
  measureMs: number;
  /** … and at most so many requests. @default no limit */
  maxRequests?: number;
}

export interface LoadResult {
  /** Requests answered in the measured time, by status; the warm-up is not in it. */
  statuses: Record<string, number>;
  answered: number;
  perSecond: number;
  /**
   * At a constant rate from the moment when the request was due, so that a server that stalls pays for
   * everybody who waits behind the stall; in a closed loop from the moment when it was sent.
   */
  latencyMs: LatencySummary;
  /** How much later than due the generator itself wrote: its own error, contained in the latency. */
  lateMs: LatencySummary;
  /** Of all requests, the warm-up included: keys run from 0 to this. */
  sent: number;
  statusesOfAll: Record<string, number>;
  /** Connections that broke under a request; that request has no answer. */
  lost: number;
  /** Wall clock at which request 0 was due; at a constant rate request n was due n intervals later. */
  firstDueAtMs: number;
}

/** Whether an answer came back, and which, told apart only by its status. */
export function keyOf(run: string, n: number): string {
  return `${run}-${n}`;
}
