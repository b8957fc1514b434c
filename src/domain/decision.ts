/** What follows from a provider's word, before anything is written. Pure. */
import type { DiscrepancyKind } from './discrepancy.ts';
import type { EventType } from './event.ts';
import type { AttemptOutcome, Failure, PaymentStatus } from './payment.ts';
import type { ChargeOutcome } from './provider.ts';

export interface Decision {
  /** New state; null leaves it. */
  status: PaymentStatus | null;
  failure: Failure | null;
  attempt: { outcome: AttemptOutcome; reason: string | null; mayHaveLeft: boolean } | 'keep';
  /** The answer to store for the key, if it has none. */
  answer: 'accepted' | 'declined' | 'expired' | null;
  /** Asks the worker to settle. */
  job: boolean;
  event: EventType | null;
  /** The money moved: post it. */
  capture: boolean;
  discrepancy: { kind: DiscrepancyKind; detail: string } | null;
  notFoundCount: number;
  nextCheckInMs: number | null;
}

export const NOTHING: Decision = {
  status: null,
  failure: null,
  attempt: 'keep',
  answer: null,
  job: false,
  event: null,
  capture: false,
  discrepancy: null,
  notFoundCount: 0,
  nextCheckInMs: null,
};

/** The job brings the first status query forward; without the job it happens this late, and not never. */
export const WITHOUT_JOB_MS = 60_000;

/** What a dispatch came to, whether the charge's own answer or a status query told it. */
export function decideOutcome(outcome: ChargeOutcome, closeAfterMs: number): Decision {
  switch (outcome.kind) {
    case 'accepted':
      return {
        ...NOTHING,
        status: 'ACCEPTED',
        attempt: {
          outcome: 'accepted',
          reason: outcome.duplicate ? 'duplicate-reference' : null,
          mayHaveLeft: true,
        },
        answer: 'accepted',
        job: true,
        event: 'payment.accepted',
        nextCheckInMs: WITHOUT_JOB_MS,
      };
    case 'unknown':
      return {
        ...NOTHING,
        status: 'UNKNOWN',
        attempt: { outcome: 'unknown', reason: outcome.reason, mayHaveLeft: true },
        answer: 'accepted',
        job: true,
        event: 'payment.unknown',
        nextCheckInMs: WITHOUT_JOB_MS,
      };
    case 'declined':
      return {
        ...NOTHING,
        status: 'FAILED',
        failure: outcome.why,
        attempt: { outcome: 'declined', reason: outcome.why.code, mayHaveLeft: true },
        answer: 'declined',
        event: 'payment.failed',
      };
    case 'not_taken':
      return {
        ...NOTHING,
        attempt: {
          outcome: 'not_taken',
          reason: outcome.reason,
          mayHaveLeft: outcome.cause === 'refused',
        },
        nextCheckInMs: closeAfterMs,
      };
  }
}
