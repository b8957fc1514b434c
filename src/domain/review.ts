/** Ending by hand a payment that is in MANUAL_REVIEW. Pure rules, and the port to where reviews are kept. */
import { type Decision, NOTHING } from './decision.ts';
import type { Failure, PaymentStatus } from './payment.ts';
import type { StatusOutcome } from './provider.ts';
import type { HeldPayment, Move, MoveResult } from './store.ts';
import type { Evidence } from './timeline.ts';

export type ReviewOutcome = 'SUCCEEDED' | 'FAILED';

/** One payment that waits for a person. */
export interface ReviewItem {
  paymentId: string;
  merchantId: string;
  status: PaymentStatus;
  amountMinor: bigint;
  currency: string;
  provider: string;
  market: string;
  providerReference: string;
  createdAt: Date;
  ageSeconds: number;
  /** When it came into review, or moved last. */
  updatedAt: Date;
  attemptOutcome: string | null;
  attemptReason: string | null;
  /** The latest word of each source, oldest first. */
  evidence: readonly Evidence[];
  statusQueries: number;
  nextCheckAt: Date | null;
  /** Kinds and details of its open discrepancies. */
  discrepancies: { id: bigint; kind: string; detail: string }[];
  proposal: ReviewProposal | null;
}

export interface ReviewProposal {
  id: bigint;
  outcome: ReviewOutcome;
  reason: string;
  proposedBy: string;
  proposedAt: Date;
  /** By the store's clock. */
  ageSeconds: number;
}

/**
 * How long a proposal can be confirmed: until the next day's shift has had time for it. What was true when it was made
 * (the provider's word, who was asked) is not to be confirmed after weeks by somebody who finds it in a list.
 */
export const PROPOSAL_LIVES_SECONDS = 24 * 60 * 60;

export function isExpired({ ageSeconds }: Pick<ReviewProposal, 'ageSeconds'>): boolean {
  return ageSeconds >= PROPOSAL_LIVES_SECONDS;
}

/** Who does something by hand, and why: it goes to the audit log as it was given. */
export interface Deed {
  by: string;
  reason: string;
  /** The account of the machine that the command ran as. */
  via: string;
}

export interface ReviewStore {
  list(limit: number): Promise<ReviewItem[]>;
  /** In whatever state it is; null when there is no such payment. */
  find(paymentId: string): Promise<ReviewItem | null>;
  /** Takes the fence of a payment in MANUAL_REVIEW; null while somebody else holds it, or in another state. */
  take(paymentId: string, leaseMs: number): Promise<HeldPayment | null>;
  /** One open proposal for each payment: a newer one takes the place of an older one. Audited. */
  propose(paymentId: string, outcome: ReviewOutcome, deed: Deed): Promise<void>;
  /** A settlement's write with its line in the audit log and the end of its proposal, in one commit. */
  resolve(move: Move, deed: Deed, facts: ResolutionFacts): Promise<MoveResult>;
  /** Writes a move that leaves the payment as it is, so that its fence is free again. */
  giveBack(move: Move): Promise<MoveResult>;
}

/** What the audit log says beside the deed itself. */
export interface ResolutionFacts {
  outcome: ReviewOutcome;
  heard: string;
  despiteProvider: boolean;
  proposal: ReviewProposal | null;
}

/**
 * Amounts above which two people are needed, in minor units by currency. A currency that is not named needs two
 * for any amount. null: one person is enough.
 */
export type SecondPersonLimits = Readonly<Record<string, bigint>> | null;

export function needsSecondPerson(
  { amountMinor, currency }: Pick<ReviewItem, 'amountMinor' | 'currency'>,
  limits: SecondPersonLimits,
): boolean {
  return limits !== null && amountMinor > (limits[currency] ?? 0n);
}

/** `Ann` and `ann ` are one person. */
export function isSamePerson(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/** `silent`: the provider gave no word to compare with. */
export type Comparison = 'agrees' | 'silent' | 'contradicts';

/** Also "pending" contradicts: the provider says that it is not decided, and the person that it is. */
export function compareWord(
  payment: { amountMinor: bigint; currency: string },
  outcome: ReviewOutcome,
  heard: StatusOutcome,
): Comparison {
  switch (heard.kind) {
    case 'unclear':
      return 'silent';
    case 'pending':
      return 'contradicts';
    case 'not_found':
    case 'failed':
      return outcome === 'FAILED' ? 'agrees' : 'contradicts';
    case 'succeeded': {
      const { taken } = heard;
      const isSame =
        taken === null ||
        (taken.currency === payment.currency && taken.amountMinor === payment.amountMinor);
      return outcome === 'SUCCEEDED' && isSame ? 'agrees' : 'contradicts';
    }
  }
}

export const ENDED_BY_REVIEW: Failure = {
  code: 'manual-review',
  providerCode: null,
  detail: 'A person ended the payment after review.',
};

/**
 * The same decision that a provider's word would make. When the provider did not agree it is asked once more
 * later, so that a word that contradicts becomes a discrepancy and is not missed.
 */
export function decideResolution(
  outcome: ReviewOutcome,
  heard: StatusOutcome,
  comparison: Comparison,
  askAgainMs: number,
): Decision {
  const nextCheckInMs = comparison === 'agrees' ? null : askAgainMs;
  if (outcome === 'SUCCEEDED') {
    return {
      ...NOTHING,
      status: 'SUCCEEDED',
      event: 'payment.succeeded',
      capture: true,
      nextCheckInMs,
    };
  }
  const failure = heard.kind === 'failed' ? heard.why : ENDED_BY_REVIEW;
  return { ...NOTHING, status: 'FAILED', failure, event: 'payment.failed', nextCheckInMs };
}

/** The provider's word in ours, short: for a list, and for the audit log. */
export function wordOf(heard: StatusOutcome): string {
  switch (heard.kind) {
    case 'failed':
      return `failed (${heard.why.code})`;
    case 'unclear':
      return `no clear word (${heard.reason})`;
    case 'succeeded': {
      const { taken } = heard;
      if (taken === null || taken.amountMinor === null) return 'succeeded';
      return `succeeded (${taken.amountMinor} minor units of ${taken.currency})`;
    }
    case 'not_found':
      return 'not found';
    case 'pending':
      return 'pending';
  }
}

/** Why a payment came here, as far as its row tells. */
export function reasonForReview(item: ReviewItem): string {
  const [first] = item.discrepancies;
  if (first) return `${first.kind}: ${first.detail}`;
  return `no final word in ${item.statusQueries} status queries`;
}
