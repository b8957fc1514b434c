/** A provider's statement against our payments: what each line, and each payment without one, comes to. Pure. */
import type { DiscrepancyKind } from './discrepancy.ts';
import type { AttemptOutcome, PaymentStatus } from './payment.ts';
import type { StatementLine } from './statement.ts';

export const RECONCILIATION_CLASSES = [
  /** Both say the same. */
  'matched',
  /** Nothing was taken, says the payment, and the provider lists nothing. */
  'not-charged',
  /** One side is not final yet, and nothing contradicts. */
  'under-way',
  /** We say that the provider took it; it does not list it. */
  'missing-at-provider',
  /** The provider lists it; no payment of ours is about it. */
  'missing-here',
  'amount-differs',
  'state-differs',
  /** The provider lists one reference twice. */
  'charged-twice',
] as const;
export type ReconciliationClass = (typeof RECONCILIATION_CLASSES)[number];

const AGREEMENTS: readonly ReconciliationClass[] = ['matched', 'not-charged', 'under-way'];

export function isDifference(found: ReconciliationClass): boolean {
  return !AGREEMENTS.includes(found);
}

/** One attempt and what its payment says. */
export interface KnownAttempt {
  paymentId: string;
  reference: string;
  status: PaymentStatus;
  outcome: AttemptOutcome | null;
  /** False where the payment went on to another provider. */
  isCurrent: boolean;
  amountMinor: bigint;
  currency: string;
  updatedAt: Date;
}

export interface ReconciledAccount {
  provider: string;
  market: string;
}

export interface OpenedDiscrepancy {
  paymentId: string | null;
  reference: string;
  kind: DiscrepancyKind;
  detail: string;
}

export interface ReconciliationStore {
  attemptsOf(account: ReconciledAccount, references: readonly string[]): Promise<KnownAttempt[]>;
  /** Attempts of payments that were last dispatched in the window, at most `limit`, after the page before. */
  dispatchedIn(
    account: ReconciledAccount,
    window: { from: Date; to: Date; after: KnownAttempt | null; limit: number },
  ): Promise<KnownAttempt[]>;
  /** How many are new: one that is there already, open or closed, is not opened again. */
  open(account: ReconciledAccount, found: readonly OpenedDiscrepancy[]): Promise<number>;
  /** Brings the status queries of payments forward; answers of how many. */
  askNow(paymentIds: readonly string[]): Promise<number>;
}

export interface Verdict {
  class: ReconciliationClass;
  /** Of the discrepancy that it opens; null when it opens none. */
  kind: DiscrepancyKind | null;
  /** The provider's word is final and ours is not: it is worth asking now. */
  askNow: boolean;
}

const agree = (found: ReconciliationClass, askNow = false): Verdict => ({
  class: found,
  kind: null,
  askNow,
});
const differ = (
  found: ReconciliationClass & DiscrepancyKind,
  kind: DiscrepancyKind = found,
  askNow = false,
): Verdict => ({
  class: found,
  kind,
  askNow,
});

/** True when we told somebody, or act as if, this attempt had taken nothing. */
function isUntaken({ isCurrent, status, outcome }: KnownAttempt): boolean {
  return !isCurrent || (status === 'RECEIVED' && outcome === 'not_taken');
}

/** `until` is when the statement ends: what became final after it may still be pending in it. */
export function classifyListed(line: StatementLine, known: KnownAttempt, until: Date): Verdict {
  const { status } = known;
  if (line.currency !== known.currency || line.amountMinor !== known.amountMinor) {
    return differ('amount-differs');
  }
  if (isUntaken(known)) return differ('state-differs', 'state-differs', known.isCurrent);
  if (line.status === 'PENDING') {
    const isFinal = status === 'SUCCEEDED' || status === 'FAILED';
    if (!isFinal || known.updatedAt >= until) return agree('under-way');
    return differ('state-differs');
  }
  switch (status) {
    case 'SUCCEEDED':
    case 'FAILED':
      if (line.status === status) return agree('matched');
      // The same words as a status query's: it is the same contradiction, and one discrepancy.
      return status === 'FAILED'
        ? differ('state-differs', 'succeeded-after-failed')
        : differ('state-differs', 'failed-after-succeeded');
    case 'MANUAL_REVIEW':
      return differ('state-differs', 'state-differs', true);
    default:
      return agree('under-way', true);
  }
}

/** For a payment whose dispatch lies well within the statement's period. */
export function classifyUnlisted(known: KnownAttempt): Verdict {
  if (isUntaken(known) || known.status === 'FAILED') return agree('not-charged');
  if (known.status === 'SUCCEEDED') return differ('missing-at-provider');
  return agree('under-way');
}
