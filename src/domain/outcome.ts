/** How sure we are about a payment, and until when. Pure. */
import { WITHOUT_JOB_MS } from './decision.ts';
import { currentAttempt, isFinal, type Payment, type PaymentStatus } from './payment.ts';
import type { Timing } from './settings.ts';
import { AFTER_GRACE_MS, JITTER, LONGEST_SPACING_MS, NOT_FOUND_NEEDED } from './settlement.ts';
import type { Evidence } from './timeline.ts';

export const CERTAINTIES = ['final', 'provider-says', 'unknown'] as const;
export type Certainty = (typeof CERTAINTIES)[number];

export interface OutcomeGuarantee {
  certainty: Certainty;
  /** When we ask next, at the latest; null when it moves no more. */
  nextCheckAt: Date | null;
  /** By when it is final or in MANUAL_REVIEW; null when it is. */
  resolvesBy: Date | null;
  evidence: readonly Evidence[];
}

export function outcomeOf(payment: Payment): OutcomeGuarantee {
  const { status, evidence } = payment;
  return {
    certainty: certaintyOf(payment),
    nextCheckAt: isFinal(status) ? null : payment.nextCheckAt,
    resolvesBy: isFinal(status) || status === 'MANUAL_REVIEW' ? null : payment.resolvesBy,
    evidence,
  };
}

function certaintyOf(payment: Payment): Certainty {
  const { status, evidence } = payment;
  if (isFinal(status)) return 'final';
  const word = wordOf(evidence);
  switch (status) {
    case 'ACCEPTED':
      return 'provider-says';
    case 'RECEIVED': {
      // Only of a dispatch that has ended: an older word says nothing about one that is under way.
      const isTold = currentAttempt(payment).outcome === 'not_taken';
      return isTold && (word === 'not_taken' || word === 'not_found') ? 'provider-says' : 'unknown';
    }
    case 'MANUAL_REVIEW':
      // A charge that it once accepted and does not find any more is two words, not one.
      return word === null || word === 'not_found' ? 'unknown' : 'provider-says';
    default:
      return 'unknown';
  }
}

/** The provider's latest word; a callback's claim is none. */
function wordOf(evidence: readonly Evidence[]): string | null {
  const words = evidence.filter(
    ({ source }) => source === 'provider-answer' || source === 'status-query',
  );
  return words.at(-1)?.says ?? null;
}

/** Where a payment stands on its way to an end, at the moment of a write. */
export interface Standing {
  status: PaymentStatus;
  nextCheckInMs: number;
  /** After this write. */
  statusQueries: number;
  graceLeftMs: number;
  sinceDispatchMs: number;
}

/** Beside the delays, each query takes its call and its write. */
const WRITE_MS = 1_000;

/**
 * By when a payment is final or in MANUAL_REVIEW, if every query can be sent when it is due. A bound, not a
 * forecast: the longest way that `settlement.ts` may go. null when it is there already.
 */
export function resolvesInMs(standing: Standing, timing: Timing): number | null {
  switch (standing.status) {
    case 'RECEIVED':
      return untilClosedMs(standing, timing) + afterAcceptedMs(timing);
    case 'UNKNOWN':
      // At its last query it may still be heard of, and is ACCEPTED for one delay more.
      return untilReviewMs(standing, timing) + stretch(lastDelayMs(timing));
    case 'ACCEPTED':
      return untilReviewMs(standing, timing);
    default:
      return null;
  }
}

function untilReviewMs(standing: Standing, timing: Timing): number {
  const { nextCheckInMs, statusQueries, graceLeftMs, sinceDispatchMs } = standing;
  const { manualReviewAfterMs, statusDelaysMs } = timing;
  const left = statusDelaysMs.slice(statusQueries);
  const scheduled =
    manualReviewAfterMs === null
      ? nextCheckInMs + stretch(left.reduce((sum, delay) => sum + delay, 0))
      : Math.max(
          nextCheckInMs,
          manualReviewAfterMs - sinceDispatchMs + stretch(Math.max(...statusDelaysMs)),
        );
  const graceEnd = Math.max(0, graceLeftMs) + stretch(AFTER_GRACE_MS);
  return Math.max(scheduled, graceEnd) + notFoundMs(timing) + callsMs(left.length, timing);
}

/** RECEIVED: the sweep's "not found" twice, then a day for its key, then "not found" twice again. */
function untilClosedMs({ nextCheckInMs, graceLeftMs }: Standing, timing: Timing): number {
  const sweptMs = Math.max(nextCheckInMs, Math.max(0, graceLeftMs) + stretch(AFTER_GRACE_MS));
  return sweptMs + 2 * notFoundMs(timing) + stretch(timing.closeAfterMs) + callsMs(0, timing);
}

/** The provider may say at the very end that it has the charge: then the whole schedule is ahead. */
function afterAcceptedMs(timing: Timing): number {
  const nextCheckInMs = stretch(WITHOUT_JOB_MS);
  const standing = { nextCheckInMs, statusQueries: 0, graceLeftMs: 0, sinceDispatchMs: 0 };
  const untilMs = untilReviewMs({ ...standing, status: 'UNKNOWN' }, timing);
  return untilMs + stretch(lastDelayMs(timing));
}

function notFoundMs({ graceMs }: Timing): number {
  return (NOT_FOUND_NEEDED + 1) * stretch(Math.min(graceMs, LONGEST_SPACING_MS));
}

function callsMs(queries: number, { providerTotalMs }: Timing): number {
  return (queries + 2 * NOT_FOUND_NEEDED) * (providerTotalMs + WRITE_MS);
}

function lastDelayMs({ statusDelaysMs }: Timing): number {
  return statusDelaysMs.at(-1) ?? LONGEST_SPACING_MS;
}

function stretch(ms: number): number {
  return ms * (1 + JITTER);
}
