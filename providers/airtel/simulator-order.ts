/** Reads a USSD push as strictly as Airtel documents it. */
import { formatAmount, isKnownCurrency, readAmount } from '../../src/domain/money.ts';
import type { ChargeOrder, WireAnswer } from '../../src/domain/simulator.ts';
import * as answers from './simulator-answers.ts';

/** Calling code and length of a national number, per country that Airtel Money works in. */
const COUNTRIES: Record<string, { callingCode: string; digits: number }> = {
  CD: { callingCode: '243', digits: 9 },
  CG: { callingCode: '242', digits: 9 },
  GA: { callingCode: '241', digits: 8 },
  KE: { callingCode: '254', digits: 9 },
  MG: { callingCode: '261', digits: 9 },
  MW: { callingCode: '265', digits: 9 },
  NE: { callingCode: '227', digits: 8 },
  NG: { callingCode: '234', digits: 10 },
  RW: { callingCode: '250', digits: 9 },
  SC: { callingCode: '248', digits: 7 },
  TD: { callingCode: '235', digits: 8 },
  TZ: { callingCode: '255', digits: 9 },
  UG: { callingCode: '256', digits: 9 },
  ZM: { callingCode: '260', digits: 9 },
};

/** Integrators agree on alphanumerics, 4 to 64 of them; the portal's own sample has a space. */
const REFERENCE = /^[A-Za-z0-9 ]{4,64}$/;
const TRANSACTION_ID = /^[A-Za-z0-9]{4,64}$/;
const DIGITS = /^\d+$/;

interface Push {
  reference?: unknown;
  subscriber?: { country?: unknown; currency?: unknown; msisdn?: unknown };
  transaction?: { amount?: unknown; country?: unknown; currency?: unknown; id?: unknown };
}

export interface Market {
  /** Of X-Country and X-Currency. */
  country: string;
  currency: string;
  callbackUrl: string | null;
}

export type ReadOrder =
  | { order: ChargeOrder }
  | { refused: WireAnswer; reference: string | undefined };

/** TypeScript's library does not know the third argument yet. */
type Reviver = (key: string, value: unknown) => unknown;

/** The push, and its amount's own digits beside it: no float holds money, not even here. */
function parsePush(body: string): { push: Push; digits: string } | undefined {
  let digits = '';
  const noteDigits = (key: string, value: unknown, { source = '' }: { source?: string }) => {
    if (key === 'amount') digits = source;
    return value;
  };
  try {
    const push: unknown = JSON.parse(body, noteDigits as Reviver);
    return typeof push === 'object' && push !== null ? { push, digits } : undefined;
  } catch {
    return undefined;
  }
}

/** Throws for a country that is not in the table: a mistake in the simulator's own settings. */
export function requireCountry(country: string): void {
  if (COUNTRIES[country] === undefined) {
    throw new RangeError(`the Airtel simulator does not know the country ${country}`);
  }
}

/** As Airtel spells a wallet: without the country's calling code. */
export function nationalNumber(msisdn: string): string {
  const code = Object.values(COUNTRIES).find(({ callingCode, digits }) => {
    return (
      msisdn.startsWith(`+${callingCode}`) && msisdn.length === 1 + callingCode.length + digits
    );
  })?.callingCode;
  return msisdn.slice(1 + (code?.length ?? 0));
}

function differs(value: unknown, expected: string): boolean {
  return value !== undefined && value !== expected;
}

/** The first thing wrong with a push; fields that are optional and absent are not. */
function problemOf(push: Push, { country, currency }: Market): WireAnswer | undefined {
  const { reference, subscriber, transaction } = push;
  const { id, amount } = transaction ?? {};
  const msisdn = subscriber?.msisdn;
  if (typeof id !== 'string' || !TRANSACTION_ID.test(id)) {
    return answers.badField('Invalid transaction id');
  }
  if (typeof reference !== 'string' || !REFERENCE.test(reference)) {
    return answers.badField('Invalid reference');
  }
  if (typeof msisdn !== 'string' || !DIGITS.test(msisdn)) {
    return answers.badField('Invalid msisdn');
  }
  const digits = COUNTRIES[country]?.digits ?? 9;
  if (msisdn.length !== digits) {
    const message = `Invalid Msisdn Length. Msisdn Length should be ${digits}`;
    return answers.businessRefusal(message, 'ESB000033');
  }
  if (typeof amount !== 'number') return answers.badField('Invalid amount');
  if (differs(subscriber?.country, country) || differs(transaction?.country, country)) {
    return answers.businessRefusal('Invalid country', 'ESB000034');
  }
  if (differs(subscriber?.currency, currency) || differs(transaction?.currency, currency)) {
    return answers.businessRefusal('Invalid currency', 'ESB000035');
  }
  return undefined;
}

/** The order in a body, or the answer that refuses it. */
export function readOrder(body: string, market: Market): ReadOrder {
  const parsed = parsePush(body);
  if (parsed === undefined) return { refused: answers.missingPart, reference: undefined };
  const { push, digits } = parsed;
  const id = push.transaction?.id;
  const refuse = (refused: WireAnswer): ReadOrder => ({
    refused,
    reference: typeof id === 'string' && TRANSACTION_ID.test(id) ? id : undefined,
  });
  const problem = problemOf(push, market);
  if (problem !== undefined) return refuse(problem);
  if (!isKnownCurrency(market.currency)) return refuse(answers.wrongCurrency);
  const amountMinor = readAmount(digits, market.currency);
  if (amountMinor === undefined) return refuse(answers.declined('amount-rejected'));
  const order = {
    reference: String(id),
    externalId: String(push.reference),
    msisdn: `+${COUNTRIES[market.country]?.callingCode}${push.subscriber?.msisdn}`,
    amount: formatAmount(amountMinor, market.currency),
    currency: market.currency,
    callbackUrl: market.callbackUrl,
    details: {},
  };
  return { order };
}
