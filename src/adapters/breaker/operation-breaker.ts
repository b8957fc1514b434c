/**
 * One opossum breaker for one operation at one provider, with what opossum lacks: a probe that can
 * be held and given back, deafness to calls that began before it opened, and an open time that
 * grows.
 */
import CircuitBreaker from 'opossum';
import type { Clock } from '../../domain/ports.ts';
import type { BreakerTiming } from '../../domain/settings.ts';

export type BreakerState = 'closed' | 'half-open' | 'open';

/** What the end of a call says about the provider; `none` when the provider was not even asked. */
export type Verdict = 'healthy' | 'failing' | 'none';

/** The right to make the one call that decides in half-open. */
export type Probe = number;

export interface OperationBreaker {
  /** `open` also after `close()`. */
  state(): BreakerState;
  since(): Date;
  /** Time until the next probe; in half-open 0. */
  remainingOpenMs(): number;
  isProbeOut(): boolean;
  /** Null when not half-open, or when the probe is out. */
  takeProbe(): Probe | null;
  /** Does nothing when the probe has been used up or is no longer the current one. */
  returnProbe(probe: Probe): void;
  /** Whether a call may start now: closed, or half-open with the current probe. */
  lets(probe: Probe | null): boolean;
  /** Runs a call that `lets` allowed, and counts its end. */
  run<T>(call: Promise<T>, verdictOf: (result: T) => Verdict): Promise<T>;
  close(): void;
}

export interface OperationBreakerOptions {
  timing: BreakerTiming;
  clock: Clock;
  onChange(state: BreakerState): void;
}

/** Thrown into opossum for each failing call. One for all: nobody reads its stack. */
const FAILING = new Error('the provider is failing');

/** A fresh object for each breaker: opossum keeps and changes it. */
function opossumOptions(timing: BreakerTiming) {
  return {
    // Its own timeout would free the slot while the action still runs; adapters keep their
    // deadlines.
    timeout: false as const,
    errorThresholdPercentage: timing.failurePercent,
    volumeThreshold: timing.volume,
    rollingCountTimeout: timing.windowMs,
    resetTimeout: timing.resetMs,
    // Otherwise each failure sorts the latencies of the whole window.
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  };
}

/**
 * Opossum is told how a call ended when it has ended; so its shares are shares of completed calls.
 */
function settle(verdict: Verdict): Promise<void> {
  return verdict === 'failing' ? Promise.reject(FAILING) : Promise.resolve();
}

export function makeOperationBreaker(deps: OperationBreakerOptions): OperationBreaker {
  const { timing, clock, onChange } = deps;
  const options = opossumOptions(timing);
  const breaker = new CircuitBreaker(settle, options);
  /**
   * Counts the openings. A call of an older generation says nothing about the provider of today.
   */
  let generation = 0;
  let openUntilMs = 0;
  let changedAt = clock.now();
  let probeOut: Probe | null = null;
  let lastProbe: Probe = 0;

  function change(state: BreakerState): void {
    changedAt = clock.now();
    probeOut = null;
    onChange(state);
  }
  breaker.on('open', () => {
    generation += 1;
    openUntilMs = clock.monotonicMs() + options.resetTimeout;
    change('open');
  });
  breaker.on('halfOpen', () => {
    // Opossum reads this when it opens, and from here it opens only after a failed probe.
    options.resetTimeout = Math.min(options.resetTimeout * timing.resetGrowth, timing.resetMaxMs);
    change('half-open');
  });
  breaker.on('close', () => {
    options.resetTimeout = timing.resetMs;
    change('closed');
  });

  function state(): BreakerState {
    if (breaker.opened) return 'open';
    if (breaker.closed) return 'closed';
    return breaker.halfOpen ? 'half-open' : 'open';
  }

  async function count(verdict: Verdict, born: number): Promise<void> {
    if (verdict === 'none' || born !== generation) return;
    await breaker.fire(verdict).catch(() => {});
  }

  return {
    state,
    since: () => changedAt,
    remainingOpenMs: () => (breaker.opened ? Math.max(0, openUntilMs - clock.monotonicMs()) : 0),
    isProbeOut: () => probeOut !== null,
    takeProbe() {
      if (!breaker.halfOpen || probeOut !== null) return null;
      lastProbe += 1;
      probeOut = lastProbe;
      return lastProbe;
    },
    returnProbe(probe) {
      if (probeOut === probe) probeOut = null;
    },
    lets: (probe) => breaker.closed || (breaker.halfOpen && probe !== null && probe === probeOut),
    async run(call, verdictOf) {
      const born = generation;
      const result = await call;
      await count(verdictOf(result), born);
      return result;
    },
    close: () => breaker.shutdown(),
  };
}
