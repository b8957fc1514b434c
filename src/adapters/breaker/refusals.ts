/**
 * Refusals with their Retry-After. Each one is made once and shared: refusing must cost next to
 * nothing.
 */
import type { Refusal } from '../../domain/gate.ts';

export interface Refusals {
  /** The breaker is open for `remainingMs` more. */
  unavailable(remainingMs: number): Refusal;
  saturated(): Refusal;
}

/** Callers come back spread over this share of the open time, and over one second at least. */
const JITTER_SHARE = 0.1;

/**
 * A full bulkhead empties quickly or not at all: coming back after a second or two costs little.
 */
const SATURATED_MS = 1_000;

/**
 * Remaining time in whole seconds, rounded up, at least one; what `health` reports, without jitter.
 */
export function wholeSeconds(remainingMs: number): number {
  return Math.max(1, Math.ceil(remainingMs / 1_000));
}

export function makeRefusals(random: () => number): Refusals {
  const unavailable = new Map<number, Refusal>();
  const saturated = new Map<number, Refusal>();

  /** At most as many entries as there are seconds in the longest open time. */
  function shared(
    known: Map<number, Refusal>,
    code: Refusal['code'],
    remainingMs: number,
  ): Refusal {
    const seconds = wholeSeconds(remainingMs);
    const jitter = Math.floor(random() * (1 + Math.max(1, seconds * JITTER_SHARE)));
    const retryAfterSeconds = seconds + jitter;
    let refusal = known.get(retryAfterSeconds);
    if (refusal === undefined) {
      refusal = Object.freeze<Refusal>({ admitted: false, code, retryAfterSeconds });
      known.set(retryAfterSeconds, refusal);
    }
    return refusal;
  }

  return {
    unavailable: (remainingMs) => shared(unavailable, 'provider-unavailable', remainingMs),
    saturated: () => shared(saturated, 'provider-saturated', SATURATED_MS),
  };
}
