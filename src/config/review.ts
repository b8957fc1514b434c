/** Above which amounts two people are needed to end a payment by hand. */
import { decimalsOf, isKnownCurrency, parseAmount } from '../domain/money.ts';
import type { SecondPersonLimits } from '../domain/review.ts';
import type { SettingReader } from './setting-reader.ts';

function parseLimit(part: string): [string, bigint] | undefined {
  const [, currency = '', amount = ''] = /^([A-Z]{3}):(\S+)$/.exec(part.trim()) ?? [];
  if (!isKnownCurrency(currency)) return undefined;
  if (/^0+(\.0+)?$/.test(amount) && amount.length <= decimalsOf(currency) + 2)
    return [currency, 0n];
  const parsed = parseAmount(amount, currency);
  return parsed.ok ? [currency, parsed.amountMinor] : undefined;
}

function parseLimits(text: string): SecondPersonLimits | undefined {
  const limits = text.split(',').map(parseLimit);
  const known = limits.filter((limit) => limit !== undefined);
  const isWhole = known.length === limits.length;
  const isOnce = new Set(known.map(([currency]) => currency)).size === known.length;
  return isWhole && isOnce ? Object.fromEntries(known) : undefined;
}

/** Forgotten in production, it must not mean that one person is enough. */
export function readSecondPersonLimits(
  reader: SettingReader,
  isProduction: boolean,
): SecondPersonLimits {
  return reader.value<SecondPersonLimits>(
    'REVIEW_SECOND_PERSON_ABOVE',
    isProduction ? {} : null,
    'CUR:amount, comma-separated, each currency once, amounts in major units',
    parseLimits,
  );
}
