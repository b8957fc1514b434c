/** Double entry. A posting set is one ledger transaction: per currency its debits equal its credits. */

export type PostingSide = 'debit' | 'credit';

export interface LedgerEntry {
  /** `provider:MTN:ZM:settlement`, `merchant:<id>:payable`. */
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

export function providerAccount(provider: string, market: string): string {
  return `provider:${provider}:${market}:settlement`;
}

export function merchantAccount(merchantId: string): string {
  return `merchant:${merchantId}:payable`;
}

/** The provider owes us what it took from the payer; we owe it to the merchant. */
export function capturePosting(payment: {
  id: string;
  merchantId: string;
  provider: string;
  market: string;
  amountMinor: bigint;
  currency: string;
}): LedgerPosting {
  const { amountMinor, currency } = payment;
  return assertBalanced({
    paymentId: payment.id,
    kind: 'capture',
    entries: [
      {
        account: providerAccount(payment.provider, payment.market),
        side: 'debit',
        amountMinor,
        currency,
      },
      { account: merchantAccount(payment.merchantId), side: 'credit', amountMinor, currency },
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
