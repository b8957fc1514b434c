/** Reads a requesttopay as strictly as MTN documents it, and writes what its status says later. */
import { formatAmount, isKnownCurrency, readAmount } from '../../src/domain/money.ts';
import {
  type ChargeOrder,
  type ChargeStatus,
  quirkOf,
  type SimulatedCharge,
  type WireAnswer,
} from '../../src/domain/simulator.ts';
import { empty, errorReason, refusal } from './simulator-answers.ts';

export const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Digits with the country code, without a plus. */
const PARTY_ID = /^[1-9]\d{7,14}$/;
/**
 * MTN answers 400 to "unsupported special characters such as an apostrophe" and to more than 160.
 */
const TEXT = /^[A-Za-z0-9 .,:/_()#+@-]{0,160}$/;

const MTN_STATUS = { PENDING: 'PENDING', SUCCEEDED: 'SUCCESSFUL', FAILED: 'FAILED' } as const;

interface RequestToPay {
  amount?: unknown;
  currency?: unknown;
  externalId?: unknown;
  payer?: { partyIdType?: unknown; partyId?: unknown };
  payerMessage?: unknown;
  payeeNote?: unknown;
}

function parseObject(body: string): RequestToPay | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The order in a body, or the answer that refuses it. */
export function readOrder(
  body: string,
  reference: string,
  callbackUrl: string | null,
): { order: ChargeOrder } | { refused: WireAnswer } {
  const read = parseObject(body);
  if (read === undefined) return { refused: empty(400) };
  const { amount, currency, externalId = '', payer, payerMessage = '', payeeNote = '' } = read;
  const { partyIdType, partyId } = payer ?? {};
  if (
    typeof amount !== 'string' ||
    typeof currency !== 'string' ||
    typeof externalId !== 'string' ||
    typeof payerMessage !== 'string' ||
    typeof payeeNote !== 'string' ||
    partyIdType !== 'MSISDN' ||
    typeof partyId !== 'string' ||
    !PARTY_ID.test(partyId) ||
    !TEXT.test(payerMessage) ||
    !TEXT.test(payeeNote)
  ) {
    return { refused: empty(400) };
  }
  if (!isKnownCurrency(currency)) return { refused: refusal('INVALID_CURRENCY') };
  const amountMinor = readAmount(amount, currency);
  if (amountMinor === undefined) return { refused: empty(400) };
  const order = {
    reference,
    externalId,
    msisdn: `+${partyId}`,
    amount: formatAmount(amountMinor, currency),
    currency,
    callbackUrl,
    details: { payerMessage, payeeNote },
  };
  return { order };
}

/** "5.0" comes back as "5": MTN writes amounts without trailing zeros. */
function shortAmount(amount: string): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
}

/** The API description models an object, the real service sends a plain string: here it depends. */
function reasonOf(charge: SimulatedCharge, code: string) {
  return quirkOf(charge.reference) % 2 === 0 ? code : errorReason(code);
}

/** Body of the status query and of the callback. Neither carries the X-Reference-Id. */
export function statusBody(charge: SimulatedCharge, status: ChargeStatus) {
  const { reference, externalId, msisdn, amount, currency, details, failureCode } = charge;
  return {
    ...(status === 'SUCCEEDED' && {
      financialTransactionId: String(Number.parseInt(reference.slice(0, 8), 16)),
    }),
    externalId,
    amount: shortAmount(amount),
    currency,
    payer: { partyIdType: 'MSISDN', partyId: msisdn.slice(1) },
    payerMessage: details.payerMessage,
    payeeNote: details.payeeNote,
    status: MTN_STATUS[status],
    ...(status === 'FAILED' && {
      reason: reasonOf(charge, failureCode ?? 'INTERNAL_PROCESSING_ERROR'),
    }),
  };
}
