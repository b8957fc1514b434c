/** Settings that the use cases share. `config.ts` reads, checks and documents each of them. */

export interface BreakerTiming {
  /** Calls in the window before it may open. */
  volume: number;
  /** Opens when the share of failures is strictly above this, in percent. */
  failurePercent: number;
  windowMs: number;
  /** Open this long before one probe is let through. */
  resetMs: number;
  /** The open time is multiplied by this after each failed probe: 1 or 2. */
  resetGrowth: number;
  resetMaxMs: number;
}

export interface Timing {
  breaker: BreakerTiming;
  providerConnectMs: number;
  /** Whole charge or status call, token included. */
  providerTotalMs: number;
  /** From the request's arrival to its answer. */
  handlerMs: number;
  /** How long a dispatch owns its payment. */
  leaseMs: number;
  firstStatusQueryMs: number;
  /** After the end of the lease; only then does "not found" count. */
  graceMs: number;
  /** Delay after each status query that gave no final word; the last one repeats when `manualReviewAfterMs` is set. */
  statusDelaysMs: readonly number[];
  /** MANUAL_REVIEW this long after the last dispatch; null: when `statusDelaysMs` has run out. */
  manualReviewAfterMs: number | null;
  /** A payment in MANUAL_REVIEW is still asked this often. */
  manualReviewEveryMs: number;
  /** A payment with nothing taken stays open for its key this long after the last dispatch. */
  closeAfterMs: number;
}
