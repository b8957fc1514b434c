/**
 * The only place where an error code becomes an HTTP status; a test compares it with docs and API.
 */
import type { ErrorCode } from '../../domain/errors.ts';

export const STATUS_OF = {
  'idempotency-key-missing': 400,
  'idempotency-key-invalid': 400,
  'body-invalid': 400,
  'json-invalid': 400,
  'provider-unknown': 400,
  'currency-not-supported': 400,
  'amount-precision': 400,
  'amount-out-of-range': 400,
  'msisdn-invalid': 400,
  'provider-required': 400,
  'query-invalid': 400,
  unauthenticated: 401,
  forbidden: 403,
  'payment-declined': 402,
  'not-found': 404,
  'method-not-allowed': 405,
  'body-too-large': 413,
  'media-type-unsupported': 415,
  'http-invalid': 400,
  'request-timeout': 408,
  'headers-too-large': 431,
  'payment-in-progress': 409,
  'idempotency-key-reused': 422,
  'idempotency-key-expired': 422,
  'rate-limited': 429,
  'provider-refused': 502,
  'provider-unreachable': 502,
  'provider-unavailable': 503,
  'provider-saturated': 503,
  overloaded: 503,
  'store-unavailable': 503,
  'shutting-down': 503,
  'internal-error': 500,
} as const satisfies Record<ErrorCode, number>;

/** These statuses always say when to come back, whether or not the error knew a time. */
export function needsRetryAfter(status: number): boolean {
  return status === 409 || status === 429 || status === 502 || status === 503;
}
