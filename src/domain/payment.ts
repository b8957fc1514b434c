/** A payment, its attempts, and the moves it may make. Pure: no clock, no I/O. */
import type { Evidence } from './timeline.ts';

export const PAYMENT_STATUSES = [
  'RECEIVED',
  'ACCEPTED',
  'UNKNOWN',
  'SUCCEEDED',
  'FAILED',
  'MANUAL_REVIEW',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** The whole state graph. The database refuses every other move too (migrations). */
export const LEGAL_MOVES: Record<PaymentStatus, readonly PaymentStatus[]> = {
  RECEIVED: ['ACCEPTED', 'UNKNOWN', 'FAILED'],
  UNKNOWN: ['ACCEPTED', 'SUCCEEDED', 'FAILED', 'MANUAL_REVIEW'],
  ACCEPTED: ['SUCCEEDED', 'FAILED', 'MANUAL_REVIEW'],
  MANUAL_REVIEW: ['SUCCEEDED', 'FAILED'],
  SUCCEEDED: [],
  FAILED: [],
};

export function mayMove(from: PaymentStatus, to: PaymentStatus): boolean {
  return LEGAL_MOVES[from].includes(to);
}

export function isFinal(status: PaymentStatus): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}

/** Why a payment failed, in the gateway's own words. The same list for every provider. */
export const FAILURE_CODES = [
  'insufficient-funds',
  'limit-exceeded',
  'payer-not-found',
  'payer-not-allowed',
  'payer-rejected',
  'payer-timeout',
  'cancelled',
  'amount-rejected',
  'provider-rejected',
  'provider-error',
  'not-taken',
  'manual-review',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

export interface Failure {
  code: FailureCode;
  /** The provider's own code, as it said it; null when it gave none. */
  providerCode: string | null;
  /** One sentence of ours for a person. Never the provider's raw text. */
  detail: string;
}

/** What an attempt came to. `null` while its dispatch has no outcome yet. */
export const ATTEMPT_OUTCOMES = ['accepted', 'declined', 'not_taken', 'unknown'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

export interface Attempt {
  number: number;
  provider: string;
  market: string;
  /** The reference we made and sent, in the provider's spelling. */
  providerReference: string;
  outcome: AttemptOutcome | null;
  /** Short machine word for the outcome, such as `connect-refused`; null when there is nothing to say. */
  reason: string | null;
  startedAt: Date;
  endedAt: Date | null;
}

export interface Payment {
  /** `pay_` and 32 hex digits of a UUID v7. */
  id: string;
  merchantId: string;
  status: PaymentStatus;
  amountMinor: bigint;
  currency: string;
  provider: string;
  market: string;
  /** Masked for display; the full number is encrypted in the store. */
  payerMasked: string;
  reference: string | null;
  description: string | null;
  metadata: Record<string, string> | null;
  failure: Failure | null;
  createdAt: Date;
  updatedAt: Date;
  attempts: Attempt[];
  /** When the provider is asked next; null: never again by itself. */
  nextCheckAt: Date | null;
  /** By when it is final or in MANUAL_REVIEW, as of its last write; null when it is. */
  resolvesBy: Date | null;
  /** The latest word of each source, oldest first. */
  evidence: readonly Evidence[];
}

type Tried = Pick<Payment, 'provider' | 'market' | 'attempts'>;

/** The attempt at the provider where the payment stands: each provider has one, and it may have come back to it. */
export function currentAttempt({ provider, market, attempts }: Tried): Attempt {
  const current = attempts.find((one) => one.provider === provider && one.market === market);
  if (!current) throw new Error('a payment has an attempt where it stands');
  return current;
}

/** All attempts, the current one changed. */
export function withCurrent(payment: Tried, changes: Partial<Attempt>): Attempt[] {
  const current = currentAttempt(payment);
  return payment.attempts.map((one) => (one === current ? { ...one, ...changes } : one));
}
