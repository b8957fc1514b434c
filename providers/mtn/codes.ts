/**
 * What MTN's codes mean. Every row names where that is written; the classifier is made of nothing
 * else.
 */
import type { FailureCode } from '../../src/domain/payment.ts';
import type { Confidence } from '../../src/domain/provider-kit/outcome-table.ts';

const ERROR_TABLE = 'MTN developer portal, table of common API errors';
const REASON_ENUM = 'MTN Collection API, ErrorReason enumeration';
const SANDBOX_RUNS = "an open client's test run against MTN's sandbox";

interface CodeRow {
  code: string;
  source: string;
  confidence: Confidence;
}

/** The code names our account or set-up: the request was refused, whoever the payer is. */
export const SETUP_CODES: readonly CodeRow[] = [
  { code: 'NOT_ALLOWED', source: ERROR_TABLE, confidence: 'official' },
  { code: 'NOT_ALLOWED_TARGET_ENVIRONMENT', source: ERROR_TABLE, confidence: 'official' },
  { code: 'INVALID_CALLBACK_URL_HOST', source: ERROR_TABLE, confidence: 'official' },
  { code: 'INVALID_CURRENCY', source: ERROR_TABLE, confidence: 'official' },
  { code: 'PAYEE_NOT_FOUND', source: REASON_ENUM, confidence: 'official' },
];

interface FailureCodeRow extends CodeRow {
  failureCode: FailureCode;
}

/** The code names the payer or the amount: the payment is declined, at once or later. */
export const PAYER_CODES: readonly FailureCodeRow[] = [
  {
    code: 'NOT_ENOUGH_FUNDS',
    failureCode: 'insufficient-funds',
    source: REASON_ENUM,
    confidence: 'official',
  },
  {
    code: 'PAYER_LIMIT_REACHED',
    failureCode: 'limit-exceeded',
    source: REASON_ENUM,
    confidence: 'official',
  },
  {
    code: 'PAYER_NOT_FOUND',
    failureCode: 'payer-not-found',
    source: REASON_ENUM,
    confidence: 'official',
  },
  {
    code: 'PAYMENT_NOT_APPROVED',
    failureCode: 'payer-not-allowed',
    source: `${REASON_ENUM}; that it means the wallet and not the person is inferred`,
    confidence: 'inferred',
  },
  {
    code: 'APPROVAL_REJECTED',
    failureCode: 'payer-rejected',
    source: REASON_ENUM,
    confidence: 'official',
  },
  { code: 'EXPIRED', failureCode: 'payer-timeout', source: REASON_ENUM, confidence: 'official' },
  {
    code: 'TRANSACTION_CANCELED',
    failureCode: 'cancelled',
    source: REASON_ENUM,
    confidence: 'official',
  },
  {
    code: 'SENDER_ACCOUNT_NOT_ACTIVE',
    failureCode: 'payer-not-allowed',
    source: 'handled by several open integrations; in no published table',
    confidence: 'observed',
  },
  {
    code: 'VALIDATION_ERROR',
    failureCode: 'amount-rejected',
    source: "listed by an open PHP client; all but the amount in the body is the gateway's own",
    confidence: 'inferred',
  },
];

/**
 * Reasons of a FAILED status beyond the payer's. A reason that is in no table is `provider-error`.
 */
export const FAILED_REASONS: readonly FailureCodeRow[] = [
  ...PAYER_CODES,
  ...SETUP_CODES.map((row) => ({ ...row, failureCode: 'provider-rejected' as const })),
  {
    code: 'PAYEE_NOT_ALLOWED_TO_RECEIVE',
    failureCode: 'provider-rejected',
    source: REASON_ENUM,
    confidence: 'official',
  },
  {
    code: 'LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED',
    failureCode: 'insufficient-funds',
    source:
      'seen in Congo by an open PHP client; also said for a limit or a wallet that may not pay',
    confidence: 'observed',
  },
  {
    code: 'COULD_NOT_PERFORM_TRANSACTION',
    failureCode: 'payer-timeout',
    source: "MTN developer portal: what follows when the payer's five minutes have passed",
    confidence: 'official',
  },
  {
    code: 'INTERNAL_PROCESSING_ERROR',
    failureCode: 'provider-error',
    source: 'MTN developer portal: often too little money, but it does not say so',
    confidence: 'official',
  },
];

/**
 * Said beside FAILED although the payment may still succeed: no proof of failure, so it stays
 * pending.
 */
export const UNFINISHED_REASONS: readonly CodeRow[] = [
  { code: 'ONGOING', source: SANDBOX_RUNS, confidence: 'observed' },
  { code: 'PAYER_DELAYED', source: SANDBOX_RUNS, confidence: 'observed' },
  { code: 'PAYEE_DELAYED', source: SANDBOX_RUNS, confidence: 'observed' },
];
