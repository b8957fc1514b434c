/**
 * Retries as a share of calls, so that a provider that is down is not hit harder than one that is
 * up (BRK-8). One budget for the whole process: retries at all providers together stay inside it.
 */
import type { Clock } from '../../domain/ports.ts';

export interface RetryBudget {
  /** A first try goes out. */
  recordCall(): void;
  /** True when one more retry fits in; it is then spent. */
  tryRetry(): boolean;
}

export interface RetryBudgetOptions {
  clock: Pick<Clock, 'monotonicMs'>;
  /** Retries per first try. @default 0.1 */
  share?: number;
  /**
   * Retries that are always allowed in a second, so that a quiet process can retry at all. @default
   * 3
   */
  minPerSecond?: number;
}

const SECOND_MS = 1_000;

/** Counts in whole seconds: in each of them retries ≤ max(minPerSecond, share × calls). */
export function makeRetryBudget(options: RetryBudgetOptions): RetryBudget {
  const { clock, share = 0.1, minPerSecond = 3 } = options;
  let second = -1;
  let calls = 0;
  let retries = 0;

  function startSecond(): void {
    const now = Math.floor(clock.monotonicMs() / SECOND_MS);
    if (now === second) return;
    second = now;
    calls = 0;
    retries = 0;
  }

  return {
    recordCall() {
      startSecond();
      calls += 1;
    },
    tryRetry() {
      startSecond();
      if (retries + 1 > Math.max(minPerSecond, share * calls)) return false;
      retries += 1;
      return true;
    },
  };
}
