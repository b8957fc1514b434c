/**
 * Money is a whole number of minor units (bigint) and an ISO 4217 code. Major-unit text exists only at
 * the borders, and is converted by moving the decimal point in the text: no float ever holds money.
 */

/** ISO 4217 "minor unit" column: decimals of each currency that a market may use. */
const DECIMALS: Record<string, number> = {
  ...{ BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0 },
  ...{ UYI: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0 },
  ...{ AOA: 2, BWP: 2, CDF: 2, EGP: 2, ETB: 2, EUR: 2, GBP: 2, GHS: 2, GMD: 2, INR: 2, KES: 2 },
  ...{ LRD: 2, LSL: 2, MAD: 2, MGA: 2, MUR: 2, MWK: 2, MZN: 2, NAD: 2, NGN: 2, SCR: 2, SLE: 2 },
  ...{ SSP: 2, SZL: 2, TZS: 2, USD: 2, ZAR: 2, ZMW: 2 },
  ...{ BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3 },
};

/** Largest amount in minor units: it must survive a JSON number in a provider's wire format. */
export const MAX_AMOUNT_MINOR = BigInt(Number.MAX_SAFE_INTEGER);

/** What an amount may look like at all; anything else is not an amount but a malformed body. */
export const AMOUNT_PATTERN = /^-?(0|[1-9]\d*)(\.\d+)?$/;

export type AmountProblem = 'malformed' | 'precision' | 'range';
export type ParsedAmount =
  | { ok: true; amountMinor: bigint }
  | { ok: false; problem: AmountProblem };

export function isKnownCurrency(currency: string): boolean {
  return Object.hasOwn(DECIMALS, currency);
}

export function knownCurrencies(): string[] {
  return Object.keys(DECIMALS);
}

/** Throws for a currency outside the table: callers check `isKnownCurrency` at the border. */
export function decimalsOf(currency: string): number {
  const decimals = Object.hasOwn(DECIMALS, currency) ? DECIMALS[currency] : undefined;
  if (decimals === undefined) throw new RangeError(`no ISO 4217 decimals known for ${currency}`);
  return decimals;
}

/** Major-unit text ("20.5") to minor units (2050n). Zero, negative and over-large are `range`. */
export function parseAmount(text: string, currency: string): ParsedAmount {
  if (text.length > 40 || !AMOUNT_PATTERN.test(text)) return { ok: false, problem: 'malformed' };
  const [whole = '', fraction = ''] = text.split('.');
  const decimals = decimalsOf(currency);
  if (fraction.length > decimals) return { ok: false, problem: 'precision' };
  const amountMinor = BigInt(whole + fraction.padEnd(decimals, '0'));
  if (amountMinor <= 0n || amountMinor > MAX_AMOUNT_MINOR) {
    return { ok: false, problem: 'range' };
  }
  return { ok: true, amountMinor };
}

/** Minor units to major-unit text with exactly the currency's decimals: 2050n ZMW is "20.50". */
export function formatAmount(amountMinor: bigint, currency: string): string {
  const decimals = decimalsOf(currency);
  const sign = amountMinor < 0n ? '-' : '';
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor)
    .toString()
    .padStart(decimals + 1, '0');
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/**
 * Major-unit text as a provider may write it back ("5", "5.0", "5.00") to minor units, or undefined
 * when it is no amount of this currency. Extra zeros beyond the currency's decimals are tolerated.
 */
export function readAmount(text: string, currency: string): bigint | undefined {
  if (!isKnownCurrency(currency)) return undefined;
  const trimmed = text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
  const parsed = parseAmount(trimmed, currency);
  return parsed.ok ? parsed.amountMinor : undefined;
}
