/** Double entry. A posting set is one ledger transaction: per currency its debits equal its credits. */
import { type Fee, feeAmount } from './fee.ts';

export type PostingSide = 'debit' | 'credit';

export interface LedgerEntry {
  /** `provider:MTN:ZM:settlement`, `merchant:<id>:payable`, `fee:MTN:ZM:income`. */
  account: string;
  side: PostingSide;
  amountMinor: bigint;
  currency: string;
}

/** Unique per payment: a payment is captured once, and once only. */
export type PostingKind = 'capture';

export interface LedgerPosting {
  paymentId: string;
  kind: PostingKind;
  entries: readonly LedgerEntry[];
}

/** What the provider took and has not paid out to us yet: an asset, its balance is a debit. */
export function providerAccount(provider: string, market: string): string {
  return `provider:${provider}:${market}:settlement`;
}

/** What we owe to a merchant: a liability, its balance is a credit. */
export function merchantAccount(merchantId: string): string {
  return `merchant:${merchantId}:payable`;
}

/** What we keep: income, its balance is a credit. */
export function feeAccount(provider: string, market: string): string {
  return `fee:${provider}:${market}:income`;
}

/** The whole chart of accounts; `verify` finds an account that no pattern fits. */
export const CHART_OF_ACCOUNTS = [
  { pattern: '^provider:[A-Z0-9]+:[A-Z]{2}:settlement$', normal: 'debit' },
  { pattern: '^merchant:[a-z0-9][a-z0-9_-]*:payable$', normal: 'credit' },
  { pattern: '^fee:[A-Z0-9]+:[A-Z]{2}:income$', normal: 'credit' },
] as const satisfies readonly { pattern: string; normal: PostingSide }[];

/**
 * The provider owes us what it took from the payer; we owe it to the merchant, who pays the fee out of it. The
 * merchant's account shows both, the whole amount and the fee, so that a statement can name them.
 */
export function capturePosting(
  payment: {
    id: string;
    merchantId: string;
    provider: string;
    market: string;
    amountMinor: bigint;
    currency: string;
  },
  fee: Fee | null = null,
): LedgerPosting {
  const { amountMinor, currency, provider, market } = payment;
  const merchant = merchantAccount(payment.merchantId);
  const line = (account: string, side: PostingSide, minor: bigint): LedgerEntry => ({
    account,
    side,
    amountMinor: minor,
    currency,
  });
  const feeMinor = fee === null ? 0n : feeAmount(fee, amountMinor);
  return assertBalanced({
    paymentId: payment.id,
    kind: 'capture',
    entries: [
      line(providerAccount(provider, market), 'debit', amountMinor),
      line(merchant, 'credit', amountMinor),
      ...(feeMinor === 0n
        ? []
        : [
            line(merchant, 'debit', feeMinor),
            line(feeAccount(provider, market), 'credit', feeMinor),
          ]),
    ],
  });
}

/** A programmer's error, not a caller's: throws. The database checks the same at commit. */
export function assertBalanced(posting: LedgerPosting): LedgerPosting {
  if (posting.entries.length < 2) throw new Error('a posting needs at least two entries');
  const sums = new Map<string, bigint>();
  for (const { side, amountMinor, currency } of posting.entries) {
    if (amountMinor <= 0n) throw new Error('an entry needs a positive amount');
    sums.set(
      currency,
      (sums.get(currency) ?? 0n) + (side === 'debit' ? amountMinor : -amountMinor),
    );
  }
  for (const [currency, sum] of sums) {
    if (sum !== 0n) throw new Error(`debits and credits differ in ${currency}`);
  }
  return posting;
}
