/**
 * The way to one operation of one provider: a place in the bulkhead, then, in half-open, the one
 * probe, then the call through the breaker. What it took it gives back on every path.
 */
import type { OperationHealth, Refusal } from '../../domain/gate.ts';
import type { Clock } from '../../domain/ports.ts';
import type { BreakerTiming } from '../../domain/settings.ts';
import type { Logger, Metrics, ProviderLabels } from '../../domain/telemetry.ts';
import { type BulkheadLimits, makeBulkhead } from './bulkhead.ts';
import { type BreakerState, makeOperationBreaker, type Probe } from './operation-breaker.ts';
import { makePlace, type Outcome, type OutcomeWords, type Place } from './place.ts';
import { makeRefusals, wholeSeconds } from './refusals.ts';

export interface OperationGate<T extends Outcome> {
  /** Whether `refusal` would refuse; counts nothing. */
  refuses(): boolean;
  refusal(): Refusal | null;
  /** Waits for a place at most the queue's deadline, and at most `maxWaitMs`. */
  admit(maxWaitMs?: number): Promise<Place<T> | Refusal>;
  health(): OperationHealth;
  close(): void;
}

export interface OperationGateOptions<T extends Outcome> {
  labels: ProviderLabels;
  timing: BreakerTiming;
  bulkhead: BulkheadLimits;
  /** A place that is neither used nor given back for this long is taken back. */
  permitMs: number;
  words: OutcomeWords<T>;
  clock: Clock;
  random: () => number;
  metrics: Metrics;
  logger: Logger;
}

const STATE_NUMBER = { closed: 0, 'half-open': 1, open: 2 } as const;
const STATE_STATUS = { closed: 'OPERATIONAL', 'half-open': 'DEGRADED', open: 'DOWN' } as const;

export function makeOperationGate<T extends Outcome>(
  options: OperationGateOptions<T>,
): OperationGate<T> {
  const { labels, timing, clock, metrics, logger } = options;
  const refusals = makeRefusals(options.random);
  const bulkhead = makeBulkhead(options.bulkhead, (count) =>
    metrics.providerInFlight(labels, count),
  );
  const breaker = makeOperationBreaker({ timing, clock, onChange: announce });
  metrics.breakerState(labels, STATE_NUMBER.closed);
  metrics.providerInFlight(labels, 0);

  function announce(state: BreakerState): void {
    metrics.breakerState(labels, STATE_NUMBER[state]);
    if (state === 'closed') logger.info('breaker closed', { ...labels });
    else logger.warn(`breaker ${state}`, { ...labels });
    // Those who wait would be refused when their turn comes; they learn it now.
    if (state === 'open') bulkhead.turnAway();
  }

  function refuseOpen(): Refusal {
    metrics.breakerRejection(labels, 'open');
    return refusals.unavailable(breaker.remainingOpenMs());
  }

  function refuseSaturated(): Refusal {
    metrics.breakerRejection(labels, 'saturated');
    return refusals.saturated();
  }

  function isShut(): boolean {
    const state = breaker.state();
    return state === 'open' || (state === 'half-open' && breaker.isProbeOut());
  }

  function refusal(): Refusal | null {
    if (isShut()) return refuseOpen();
    return bulkhead.isFull() ? refuseSaturated() : null;
  }

  /** Called with a place in the bulkhead in hand. */
  function occupy(): Place<T> | Refusal {
    let probe: Probe | null = null;
    if (breaker.state() !== 'closed') {
      probe = breaker.takeProbe();
      if (probe === null) {
        bulkhead.leave();
        return refuseOpen();
      }
    }
    return makePlace({ ...options, breaker, bulkhead, probe });
  }

  return {
    refuses: () => isShut() || bulkhead.isFull(),
    refusal,
    async admit(maxWaitMs) {
      const refused = refusal();
      if (refused !== null) return refused;
      if (bulkhead.tryEnter() || (await bulkhead.enter(maxWaitMs))) return occupy();
      return breaker.state() === 'open' ? refuseOpen() : refuseSaturated();
    },
    health() {
      const state = breaker.state();
      return {
        status: STATE_STATUS[state],
        since: breaker.since(),
        retryAfterSeconds: state === 'open' ? wholeSeconds(breaker.remainingOpenMs()) : null,
      };
    },
    close() {
      breaker.close();
      bulkhead.turnAway();
    },
  };
}
