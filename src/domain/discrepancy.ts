/** A provider's word that contradicts what we said for good, as an object that a person closes. */
import { formatAmount } from './money.ts';
import type { Deed } from './review.ts';

export interface Discrepancy {
  id: bigint;
  /** null where a provider lists a charge that no payment of ours is about. */
  paymentId: string | null;
  kind: string;
  detail: string;
  provider: string;
  market: string;
  providerReference: string;
  createdAt: Date;
  closed: { at: Date; by: string; reason: string } | null;
  payment: DiscrepantPayment | null;
}

export interface DiscrepantPayment {
  merchantId: string;
  status: string;
  amountMinor: bigint;
  currency: string;
  payerMasked: string;
}

export interface DiscrepancyStore {
  /** Open ones, or all; the oldest first. */
  list(options: { all: boolean; limit: number }): Promise<Discrepancy[]>;
  find(id: bigint): Promise<Discrepancy | null>;
  /** False when it is closed, or not there. Audited in the same commit. */
  close(id: bigint, deed: Deed): Promise<boolean>;
}

/** What to do about it, for a person; the gateway itself moves no money because of a contradiction. */
export function proposalFor(discrepancy: Discrepancy): string[] {
  const { kind, payment, paymentId, provider, market, providerReference } = discrepancy;
  const amount = payment
    ? `${formatAmount(payment.amountMinor, payment.currency)} ${payment.currency}`
    : '';
  switch (kind) {
    case 'succeeded-after-failed':
      return [
        'Proposal: refund the payer.',
        `  The merchant was told FAILED; ${provider} says that it took ${amount} from ${payment?.payerMasked}.`,
        `  Ask ${provider} (${market}) to refund ${amount} of its charge ${providerReference}.`,
        `  Tell merchant ${payment?.merchantId} that ${paymentId} stays FAILED: nothing may be delivered for it.`,
        '  Nothing was posted for it, so the ledger stays as it is. Close this with the number of the refund.',
      ];
    case 'failed-after-succeeded':
      return [
        'Proposal: settle with the merchant.',
        `  It was told SUCCEEDED and ${amount} was posted to it; ${provider} takes that back.`,
        `  Ask ${provider} (${market}) why, by its charge ${providerReference}.`,
      ];
    case 'amount-differs':
    case 'charge-not-found':
      return [
        `Proposal: ask ${provider} (${market}) for its charge ${providerReference}; then \`admin review\`.`,
      ];
    default:
      return [];
  }
}
