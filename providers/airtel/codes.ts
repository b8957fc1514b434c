/**
 * What Airtel's codes mean. Every row names where that is written; the classifier is made of
 * nothing else.
 */
import type { FailureCode } from '../../src/domain/payment.ts';
import type { Confidence } from '../../src/domain/provider-kit/outcome-table.ts';

const COLLECTION_CODES = 'Airtel collection codes, in three open integrations that agree';
const OLDER_CODES = 'Airtel result codes, in an open Moodle plugin and a copy of the error matrix';
const ROUTER_CODES = "Airtel router codes, in copies of the portal's error table";

export interface CodeRow {
  code: string;
  source: string;
  confidence: Confidence;
}

export interface FailureCodeRow extends CodeRow {
  failureCode: FailureCode;
}

function collection(code: string, failureCode: FailureCode): FailureCodeRow {
  return { code, failureCode, source: COLLECTION_CODES, confidence: 'transcribed' };
}

/**
 * Final and about the payer or the amount: declined at once, or the reason of a failed transaction.
 */
export const PAYER_CODES: readonly FailureCodeRow[] = [
  collection('DP00800001002', 'payer-rejected'),
  collection('DP00800001003', 'limit-exceeded'),
  collection('DP00800001004', 'amount-rejected'),
  collection('DP00800001007', 'insufficient-funds'),
  collection('DP00800001008', 'payer-rejected'),
  {
    code: 'DP00800001009',
    failureCode: 'cancelled',
    source: `${COLLECTION_CODES}; "do not honor" names no cause, so the word for it is ours`,
    confidence: 'inferred',
  },
  collection('DP00800001010', 'payer-not-allowed'),
  collection('DP00800001029', 'payer-timeout'),
];

/**
 * Says either that the reference is not valid or that no PIN was entered; a sample names an unknown
 * wallet. Beside a failed transaction it is the reason; as the answer to a charge it proves nothing
 * alone.
 */
export const AMBIGUOUS_PIN_CODE = 'DP00800001005';

/** The payer's number has a wrong length for the market. */
export const NUMBER_CODES: readonly FailureCodeRow[] = [
  older('ESB000033', 'payer-not-found'),
  older('ESB000036', 'payer-not-found'),
];

function older(code: string, failureCode: FailureCode): FailureCodeRow {
  return { code, failureCode, source: OLDER_CODES, confidence: 'transcribed' };
}

/** The code names our account or set-up, or our signature: refused, whoever the payer is. */
export const SETUP_CODES: readonly CodeRow[] = [
  { code: 'DP00800001026', source: COLLECTION_CODES, confidence: 'transcribed' },
  { code: 'ESB000034', source: OLDER_CODES, confidence: 'transcribed' },
  { code: 'ESB000035', source: OLDER_CODES, confidence: 'transcribed' },
  { code: 'ESB000039', source: OLDER_CODES, confidence: 'transcribed' },
];

/** The router stands before the payment service: what it refuses was not processed. */
export const ROUTER_REFUSALS: readonly CodeRow[] = [
  ...['ROUTER001', 'ROUTER003', 'ROUTER005', 'ROUTER006', 'ROUTER007', 'ROUTER110', 'ROUTER112'],
  ...['ROUTER114', 'ROUTER115', 'ROUTER116', 'ROUTER119'],
].map((code) => ({ code, source: ROUTER_CODES, confidence: 'transcribed' }));

/** The router gave up waiting for the payment service, which may have taken the charge. */
export const ROUTER_TIMEOUT = 'ROUTER117';

export const DUPLICATE_CODE = 'ESB000041';
export const IN_PROCESS_CODE = 'DP00800001006';
export const SUCCESS_CODE = 'DP00800001001';
export const NOT_FOUND_CODES: readonly string[] = ['DP00800001025', 'ESB000045'];

/** Their own description asks for an enquiry before anything else is done. */
export const AMBIGUOUS_CODES: readonly CodeRow[] = [
  { code: 'DP00800001000', source: COLLECTION_CODES, confidence: 'transcribed' },
  { code: 'DP00800001024', source: COLLECTION_CODES, confidence: 'transcribed' },
  { code: 'DP00800001025', source: COLLECTION_CODES, confidence: 'transcribed' },
  { code: ROUTER_TIMEOUT, source: ROUTER_CODES, confidence: 'transcribed' },
];

/**
 * The same of the older layer: they decide only where the collection service said nothing itself.
 */
export const AMBIGUOUS_OLDER_CODES: readonly CodeRow[] = [
  ...['ESB000001', 'ESB000004', 'ESB000008', 'ESB000014', '0000900'],
].map((code) => ({ code, source: OLDER_CODES, confidence: 'transcribed' }));
