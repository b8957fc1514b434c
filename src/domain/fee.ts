/** What the gateway keeps of a payment. Pure; whole minor units from end to end. */

/** How a fee is reckoned, for one provider and currency. */
export interface Fee {
  /** Hundredths of a per cent of the amount: 150 is 1.5 %. */
  basisPoints: number;
  fixedMinor: bigint;
}

/** One line of the table; a merchant's own goes before the default of all merchants. */
export interface FeeRule extends Fee {
  /** null: for every merchant without a rule of its own. */
  merchantId: string | null;
  provider: string;
  currency: string;
}

export interface FeeSource {
  /** What this payment costs its merchant, by the table as it is now; null: nothing. */
  feeOf(payment: { merchantId: string; provider: string; currency: string }): Promise<Fee | null>;
}

/** 100 %: a fee never exceeds the amount that it is taken from. */
export const MAX_BASIS_POINTS = 10_000;
const BASIS = BigInt(MAX_BASIS_POINTS);

/**
 * The share is rounded to the nearest minor unit, a half up; then the fixed part is added. More than the amount is
 * never kept.
 */
export function feeAmount({ basisPoints, fixedMinor }: Fee, amountMinor: bigint): bigint {
  const share = (amountMinor * BigInt(basisPoints) + BASIS / 2n) / BASIS;
  const fee = share + fixedMinor;
  return fee < amountMinor ? fee : amountMinor;
}

export function findFee(
  rules: readonly FeeRule[],
  payment: { merchantId: string; provider: string; currency: string },
): Fee | null {
  const fits = rules.filter(
    ({ provider, currency }) => provider === payment.provider && currency === payment.currency,
  );
  return (
    fits.find(({ merchantId }) => merchantId === payment.merchantId) ??
    fits.find(({ merchantId }) => merchantId === null) ??
    null
  );
}
