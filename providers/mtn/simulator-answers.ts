/**
 * MTN's words: error bodies, failure codes and their sentences. Sources: docs of momoapi.mtn.com.
 */
import type {
  DeclineReason,
  Trouble,
  WireAnswer,
  WireOperation,
} from '../../src/domain/simulator.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

export const json = (status: number, value: unknown): WireAnswer => ({
  status,
  headers: JSON_HEADERS,
  body: JSON.stringify(value),
});

/** Also MTN's 400: the description of its API gives that one no body at all. */
export const empty = (status: number): WireAnswer => ({
  status,
  headers: { 'content-length': '0' },
  body: '',
});

/** `ErrorReason` of the API description, with what the common error page says about it. */
const MESSAGES: Record<string, string> = {
  APPROVAL_REJECTED: 'Transaction was not approved by the payer.',
  COULD_NOT_PERFORM_TRANSACTION: 'Transaction could not be performed.',
  EXPIRED: 'Transaction expired before the payer approved it.',
  INTERNAL_PROCESSING_ERROR: 'An internal error occurred while processing.',
  INVALID_CALLBACK_URL_HOST: 'Callback URL with different host name to configured for API User.',
  INVALID_CURRENCY: 'Currency not supported.',
  NOT_ALLOWED: 'Authorization failed. User does not have permission.',
  NOT_ALLOWED_TARGET_ENVIRONMENT: 'Access to target environment is forbidden.',
  NOT_ENOUGH_FUNDS: 'The payer does not have enough funds.',
  PAYEE_NOT_ALLOWED_TO_RECEIVE: 'Payee is not allowed to receive.',
  PAYER_LIMIT_REACHED: 'The payer has reached a limit.',
  PAYER_NOT_FOUND: 'Payee does not exist',
  RESOURCE_ALREADY_EXIST: 'Duplicated reference id. Creation of resource failed.',
  RESOURCE_NOT_FOUND: 'Requested resource was not found.',
  SENDER_ACCOUNT_NOT_ACTIVE: 'The account of the payer is not active.',
  SERVICE_UNAVAILABLE: 'Service temporarily unavailable, try again later.',
  TRANSACTION_CANCELED: 'Transaction was canceled by the payer.',
  VALIDATION_ERROR: 'The amount is not valid.',
};

export const errorReason = (code: string) => ({ code, message: MESSAGES[code] ?? code });

/** HTTP 500 for a plain mistake of the caller is MTN's own habit: its tables say so. */
export const refusal = (code: string, status = 500): WireAnswer => json(status, errorReason(code));

/** The last two stand in no published table of MTN's; clients in use know them. */
export const FAILURE_CODES: Record<DeclineReason, string> = {
  'insufficient-funds': 'NOT_ENOUGH_FUNDS',
  'limit-exceeded': 'PAYER_LIMIT_REACHED',
  'payer-not-found': 'PAYER_NOT_FOUND',
  'payer-rejected': 'APPROVAL_REJECTED',
  'payer-timeout': 'EXPIRED',
  cancelled: 'TRANSACTION_CANCELED',
  'payer-not-allowed': 'SENDER_ACCOUNT_NOT_ACTIVE',
  'amount-rejected': 'VALIDATION_ERROR',
};

/** Azure API Management stands in front of the API and speaks for itself. */
const gateway = (status: number, message: string) => json(status, { statusCode: status, message });

export const missingSubscriptionKey = gateway(
  401,
  'Access denied due to missing subscription key. ' +
    'Make sure to include subscription key when making requests to an API.',
);
export const invalidSubscriptionKey = gateway(
  401,
  'Access denied due to invalid subscription key. ' +
    'Make sure to provide a valid key for an active subscription.',
);
export const unknownPath = gateway(404, 'Resource not found');
export const loginFailed = json(401, { error: 'login_failed' });
export const invalidToken = json(401, { error: 'invalid_token' });

const tooMany: WireAnswer = {
  ...gateway(429, 'Rate limit is exceeded. Try again in 1 seconds.'),
  headers: { ...JSON_HEADERS, 'retry-after': '1' },
};

export function trouble(kind: Trouble, operation: WireOperation): WireAnswer {
  switch (kind) {
    case 'refuse':
      return refusal('SERVICE_UNAVAILABLE', 503);
    case 'http-500':
      return refusal('INTERNAL_PROCESSING_ERROR');
    case 'unauthorized':
      return operation === 'token' ? loginFailed : invalidToken;
    case 'too-many':
      return tooMany;
  }
}
