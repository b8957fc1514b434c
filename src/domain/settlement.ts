/** What a status query means for a payment whose fence is held. Pure; the protocol's heart. */
import { type Decision, decideOutcome, NOTHING } from './decision.ts';
import type { DiscrepancyKind } from './discrepancy.ts';
import { formatAmount } from './money.ts';
import type { Failure } from './payment.ts';
import type { StatusOutcome } from './provider.ts';
import type { Timing } from './settings.ts';
import type { HeldPayment } from './store.ts';

/** "Not found" must be heard this often after the grace before it means anything. */
export const NOT_FOUND_NEEDED = 2;
/** At least this lies between two "not found" that count, or the grace where that is shorter. */
export const LONGEST_SPACING_MS = 60_000;
/** Asks just after the grace, not just before it. */
export const AFTER_GRACE_MS = 50;
/** Delays are spread by this share, so that payments of one outage do not come back as one wave. */
export const JITTER = 0.1;

export const NOT_TAKEN: Failure = {
  code: 'not-taken',
  providerCode: null,
  detail: 'The provider never took the charge.',
};

/** True when the closer may end this payment without asking: no request of it ever left. */
export function closesUnasked(held: HeldPayment, timing: Timing): boolean {
  return isIdle(held) && !held.mayHaveLeft && held.sinceDispatchMs >= timing.closeAfterMs;
}

export function close(): Decision {
  return {
    ...NOTHING,
    status: 'FAILED',
    failure: NOT_TAKEN,
    answer: 'expired',
    event: 'payment.failed',
  };
}

export function decideSettlement(
  held: HeldPayment,
  heard: StatusOutcome,
  timing: Timing,
  random: () => number,
): Decision {
  const decision = decide(held, heard, timing);
  const { nextCheckInMs } = decision;
  if (nextCheckInMs === null) return decision;
  return { ...decision, nextCheckInMs: nextCheckInMs * (1 + JITTER * random()) };
}

function decide(held: HeldPayment, heard: StatusOutcome, timing: Timing): Decision {
  switch (held.payment.status) {
    case 'RECEIVED':
      return isIdle(held) ? decideIdle(held, heard, timing) : decideSwept(held, heard, timing);
    case 'UNKNOWN':
    case 'ACCEPTED':
      return decideUnresolved(held, heard, timing);
    case 'MANUAL_REVIEW':
      return decideReviewed(held, heard, timing);
    case 'SUCCEEDED':
    case 'FAILED':
      return decideFinal(held, heard, timing);
  }
}

/** RECEIVED with nothing taken: it waits for its key to drive it again, or for the closer. */
function isIdle({ payment, attemptOutcome }: HeldPayment): boolean {
  return payment.status === 'RECEIVED' && attemptOutcome === 'not_taken';
}

/** RECEIVED without outcome, its lease run out: the dispatcher died, or its commit was lost. */
function decideSwept(held: HeldPayment, heard: StatusOutcome, timing: Timing): Decision {
  const { closeAfterMs } = timing;
  switch (heard.kind) {
    case 'succeeded':
    case 'pending':
      return decideOutcome({ kind: 'accepted', failure: false, duplicate: false }, closeAfterMs);
    case 'failed':
      return decideOutcome({ kind: 'declined', failure: false, why: heard.why }, closeAfterMs);
    case 'unclear':
      return decideOutcome({ kind: 'unknown', failure: true, reason: heard.reason }, closeAfterMs);
    case 'not_found': {
      const notFoundCount = countNotFound(held);
      if (!isEnough(held, notFoundCount)) return waitLonger(held, timing, notFoundCount);
      return {
        ...NOTHING,
        attempt: { outcome: 'not_taken', reason: 'not-found', mayHaveLeft: true },
        nextCheckInMs: closeAfterMs,
      };
    }
  }
}

function decideIdle(held: HeldPayment, heard: StatusOutcome, timing: Timing): Decision {
  if (heard.kind !== 'not_found' && heard.kind !== 'unclear')
    return decideSwept(held, heard, timing);
  const leftMs = timing.closeAfterMs - held.sinceDispatchMs;
  if (leftMs > 0) return { ...NOTHING, nextCheckInMs: leftMs };
  const notFoundCount = heard.kind === 'not_found' ? countNotFound(held) : held.notFoundCount;
  if (isEnough(held, notFoundCount)) return close();
  const nextCheckInMs = heard.kind === 'unclear' ? timing.manualReviewEveryMs : spacingMs(timing);
  return { ...NOTHING, notFoundCount, nextCheckInMs };
}

function decideUnresolved(held: HeldPayment, heard: StatusOutcome, timing: Timing): Decision {
  const { status } = held.payment;
  switch (heard.kind) {
    case 'succeeded':
      return decideSucceeded(held, heard) ?? review('amount-differs', amounts(held, heard), timing);
    case 'failed':
      return {
        ...NOTHING,
        status: 'FAILED',
        failure: heard.why,
        attempt: status === 'UNKNOWN' ? settled('declined', heard.why.code) : 'keep',
        event: 'payment.failed',
      };
    case 'pending':
      if (status === 'UNKNOWN') {
        return {
          ...waitLonger(held, timing, 0),
          status: 'ACCEPTED',
          attempt: settled('accepted', null),
          event: 'payment.accepted',
        };
      }
      return isExhausted(held, timing) ? review(null, '', timing) : waitLonger(held, timing, 0);
    case 'not_found': {
      const notFoundCount = countNotFound(held);
      if (!isEnough(held, notFoundCount)) return waitLonger(held, timing, notFoundCount);
      if (status === 'ACCEPTED') {
        return review('charge-not-found', 'accepted, but the provider does not list it', timing);
      }
      return {
        ...NOTHING,
        status: 'FAILED',
        failure: NOT_TAKEN,
        attempt: settled('not_taken', 'not-found'),
        event: 'payment.failed',
      };
    }
    case 'unclear':
      return isExhausted(held, timing)
        ? review(null, '', timing)
        : waitLonger(held, timing, held.notFoundCount);
  }
}

/** A person looks at it now; the provider is still asked, and only its word ends it. */
function decideReviewed(held: HeldPayment, heard: StatusOutcome, timing: Timing): Decision {
  const again: Decision = { ...NOTHING, nextCheckInMs: timing.manualReviewEveryMs };
  if (heard.kind === 'succeeded') return decideSucceeded(held, heard) ?? again;
  if (heard.kind !== 'failed') return again;
  return { ...NOTHING, status: 'FAILED', failure: heard.why, event: 'payment.failed' };
}

/**
 * The state stays as it is told; a word that contradicts it becomes an object of its own. "Pending" is not yet one,
 * and what it becomes may be: the provider is asked until it says.
 */
function decideFinal(held: HeldPayment, heard: StatusOutcome, timing: Timing): Decision {
  const { status } = held.payment;
  if (heard.kind === 'unclear' || heard.kind === 'pending') {
    return { ...NOTHING, nextCheckInMs: timing.manualReviewEveryMs };
  }
  if (status === 'FAILED' && heard.kind === 'succeeded') {
    const detail = 'the provider says that it took the charge of a payment that is FAILED';
    return { ...NOTHING, discrepancy: { kind: 'succeeded-after-failed', detail } };
  }
  if (status === 'SUCCEEDED' && heard.kind === 'failed') {
    const detail = 'the provider says that the charge of a payment that is SUCCEEDED failed';
    return { ...NOTHING, discrepancy: { kind: 'failed-after-succeeded', detail } };
  }
  return NOTHING;
}

type Succeeded = Extract<StatusOutcome, { kind: 'succeeded' }>;

/** null when the provider took something else than was asked. */
function decideSucceeded({ payment }: HeldPayment, { taken }: Succeeded): Decision | null {
  const same =
    taken === null ||
    (taken.currency === payment.currency && taken.amountMinor === payment.amountMinor);
  if (!same) return null;
  return {
    ...NOTHING,
    status: 'SUCCEEDED',
    attempt: payment.status === 'UNKNOWN' ? settled('accepted', null) : 'keep',
    event: 'payment.succeeded',
    capture: true,
  };
}

function settled(outcome: 'accepted' | 'declined' | 'not_taken', reason: string | null) {
  return { outcome, reason, mayHaveLeft: true };
}

function amounts({ payment }: HeldPayment, { taken }: Succeeded): string {
  const asked = `${formatAmount(payment.amountMinor, payment.currency)} ${payment.currency}`;
  if (!taken || taken.amountMinor === null) return `asked for ${asked}, took another amount`;
  return `asked for ${asked}, took ${taken.amountMinor} minor units of ${taken.currency}`;
}

function review(kind: DiscrepancyKind | null, detail: string, timing: Timing): Decision {
  return {
    ...NOTHING,
    status: 'MANUAL_REVIEW',
    event: 'payment.manual-review',
    discrepancy: kind === null ? null : { kind, detail },
    nextCheckInMs: timing.manualReviewEveryMs,
  };
}

/**
 * Whether the grace was over is asked before the query is sent, not when it is answered. A query that a callback
 * brought forward does not count: it may follow the last one at once, and the callback says the opposite.
 */
function countNotFound(held: HeldPayment): number {
  const counts = held.graceLeftMs <= 0 && !held.byHint;
  return counts ? held.notFoundCount + 1 : held.notFoundCount;
}

function isEnough(held: HeldPayment, notFoundCount: number): boolean {
  return held.graceLeftMs <= 0 && notFoundCount >= NOT_FOUND_NEEDED;
}

function isExhausted(held: HeldPayment, { manualReviewAfterMs, statusDelaysMs }: Timing): boolean {
  return manualReviewAfterMs === null
    ? held.statusQueries >= statusDelaysMs.length
    : held.sinceDispatchMs >= manualReviewAfterMs;
}

function waitLonger(held: HeldPayment, timing: Timing, notFoundCount: number): Decision {
  const { statusDelaysMs } = timing;
  if (notFoundCount > 0) return { ...NOTHING, notFoundCount, nextCheckInMs: spacingMs(timing) };
  const last = statusDelaysMs.at(-1) ?? LONGEST_SPACING_MS;
  const delayMs = statusDelaysMs[held.statusQueries] ?? last;
  const limits = [delayMs];
  if (held.graceLeftMs > 0) limits.push(held.graceLeftMs + AFTER_GRACE_MS);
  return { ...NOTHING, notFoundCount, nextCheckInMs: Math.min(...limits) };
}

function spacingMs({ graceMs }: Timing): number {
  return Math.min(graceMs, LONGEST_SPACING_MS);
}
