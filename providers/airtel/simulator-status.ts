/** How Airtel tells about a charge it has taken: acceptance, enquiry, callback. */
import { createHmac } from 'node:crypto';
import {
  type CallbackClaim,
  type CallbackRequest,
  type ChargeStatus,
  quirkOf,
  type SimulatedCharge,
  type WireAnswer,
} from '../../src/domain/simulator.ts';
import * as answers from './simulator-answers.ts';

/** It means that the push was sent to the payer's phone, not that anybody paid. */
export function acceptance({ reference }: SimulatedCharge): WireAnswer {
  const data = { transaction: { id: reference, status: 'SUCCESS' } };
  return answers.envelope(
    200,
    {
      code: '200',
      message: 'SUCCESS',
      result_code: 'ESB000010',
      response_code: answers.IN_PROCESS,
      success: true,
    },
    data,
  );
}

export const moneyId = ({ takenAtMs, reference }: SimulatedCharge) =>
  `MP${takenAtMs}.${reference.slice(-6)}`;

/** TS and TF are final, TE says that the payer let it expire, TIP and TA both mean "ask again". */
export function transactionStatus(charge: SimulatedCharge, status: ChargeStatus): string {
  if (status === 'SUCCEEDED') return 'TS';
  if (status === 'FAILED') return charge.failureCode === answers.EXPIRED ? 'TE' : 'TF';
  return quirkOf(charge.reference) % 4 === 0 ? 'TA' : 'TIP';
}

function messageOf(charge: SimulatedCharge, status: ChargeStatus): string {
  const { currency, amount, failureCode } = charge;
  if (status === 'PENDING') return 'Transaction in process';
  if (status === 'FAILED') return answers.messageOf(failureCode ?? '');
  return `Paid ${currency} ${amount} to TECH LIMITED, Trans ID ${moneyId(charge)}.`;
}

function responseCode(charge: SimulatedCharge, status: ChargeStatus): string {
  if (status === 'FAILED') return charge.failureCode ?? 'DP00800001009';
  const quirk = quirkOf(charge.reference) % 4;
  if (status === 'PENDING') return quirk === 0 ? answers.AMBIGUOUS : answers.IN_PROCESS;
  // Seen with both codes: only the transaction's own status decides.
  return quirk < 2 ? answers.SUCCESS : answers.IN_PROCESS;
}

/**
 * Enquiry. `success` of a paid charge is true or false as it pleases, as in the portal's own
 * sample.
 */
export function enquiry(charge: SimulatedCharge, status: ChargeStatus): WireAnswer {
  const paid = status === 'SUCCEEDED';
  const failed = status === 'FAILED';
  const data = {
    transaction: {
      ...(paid && { airtel_money_id: moneyId(charge) }),
      id: charge.reference,
      message: paid ? 'success' : messageOf(charge, status),
      status: transactionStatus(charge, status),
    },
  };
  return answers.envelope(
    200,
    {
      code: '200',
      message: failed ? messageOf(charge, status) : 'SUCCESS',
      result_code: failed ? 'ESB000011' : 'ESB000010',
      response_code: responseCode(charge, status),
      success: !failed && quirkOf(charge.reference) % 2 === 0,
    },
    data,
  );
}

/**
 * base64(HMAC-SHA256) over the payload without the hash, printed with two spaces of indentation.
 */
export function callbackHash(payload: object, key: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(payload, null, 2))
    .digest('base64');
}

/** Amount and currency are not in it, and `hash` only when the application has a key. */
export function callback(
  charge: SimulatedCharge,
  { status, forged }: CallbackClaim,
  callbackKey: string | null,
): CallbackRequest | null {
  if (charge.callbackUrl === null) return null;
  const paid = status === 'SUCCEEDED';
  const payload = {
    transaction: {
      id: charge.reference,
      message: messageOf(charge, status),
      status_code: { PENDING: 'TIP', SUCCEEDED: 'TS', FAILED: 'TF' }[status],
      ...(paid && { airtel_money_id: moneyId(charge) }),
    },
  };
  const key = forged ? 'not the key of this application' : callbackKey;
  const hash = callbackKey === null || key === null ? undefined : callbackHash(payload, key);
  return {
    method: 'POST',
    url: charge.callbackUrl,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...payload, hash }),
  };
}
