/**
 * Every code that a caller can meet, with what the caller may do next. HTTP numbers for these codes live
 * in adapters/http; a test keeps this table, docs/errors.md and the API description equal.
 */
export type Retry = 'same-key' | 'new-key' | 'never';

interface ErrorEntry {
  retry: Retry;
  title: string;
}

export const ERRORS = {
  'idempotency-key-missing': { retry: 'never', title: 'An idempotency key is required' },
  'idempotency-key-invalid': { retry: 'never', title: 'The idempotency key is not valid' },
  'body-invalid': { retry: 'never', title: 'The body is not valid' },
  'json-invalid': { retry: 'never', title: 'The body is not valid JSON' },
  'provider-unknown': { retry: 'never', title: 'No such provider here' },
  'currency-not-supported': { retry: 'never', title: 'The provider does not take this currency' },
  'amount-precision': { retry: 'never', title: 'The amount has too many decimals' },
  'amount-out-of-range': { retry: 'never', title: 'The amount is out of range' },
  'msisdn-invalid': { retry: 'never', title: 'The MSISDN is not valid' },
  'provider-required': { retry: 'never', title: 'No operator is known for this wallet' },
  'query-invalid': { retry: 'never', title: 'The query is not valid' },
  unauthenticated: { retry: 'never', title: 'A valid API key is required' },
  forbidden: { retry: 'never', title: 'This is not allowed' },
  'payment-declined': { retry: 'new-key', title: 'The provider declined the payment' },
  'not-found': { retry: 'never', title: 'Not found' },
  'method-not-allowed': { retry: 'never', title: 'Method not allowed' },
  'body-too-large': { retry: 'never', title: 'The body is too large' },
  'media-type-unsupported': { retry: 'never', title: 'The media type is not supported' },
  'http-invalid': { retry: 'never', title: 'The request is not valid HTTP' },
  'request-timeout': { retry: 'same-key', title: 'The request took too long to arrive' },
  'headers-too-large': { retry: 'never', title: 'The headers are too large' },
  'payment-in-progress': { retry: 'same-key', title: 'A payment with this key is in progress' },
  'idempotency-key-reused': { retry: 'never', title: 'The key was used with other content' },
  'idempotency-key-expired': { retry: 'new-key', title: 'The key cannot be used any more' },
  'rate-limited': { retry: 'same-key', title: 'Too many requests' },
  'provider-refused': { retry: 'same-key', title: 'The provider refused to process the payment' },
  'provider-unreachable': { retry: 'same-key', title: 'The provider could not be reached' },
  'provider-unavailable': { retry: 'same-key', title: 'The provider is unavailable' },
  'provider-saturated': { retry: 'same-key', title: 'Too many payments wait for the provider' },
  overloaded: { retry: 'same-key', title: 'The gateway is overloaded' },
  'store-unavailable': { retry: 'same-key', title: 'The store is unavailable' },
  'shutting-down': { retry: 'same-key', title: 'This server is shutting down' },
  'internal-error': { retry: 'same-key', title: 'Internal error' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export interface FieldError {
  /** RFC 6901 pointer into the body, or into the query read as an object: `/limit`. */
  pointer: string;
  code: string;
  detail: string;
}

export interface GatewayErrorOptions {
  cause?: unknown;
  retryAfterSeconds?: number;
  provider?: string;
  paymentId?: string;
  errors?: FieldError[];
  /** Overrides the table, for the one code whose advice depends on the case. */
  retry?: Retry;
}

/** The one error class of the gateway. `message` is the problem's `detail`: a caller may read it. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly retryAfterSeconds: number | undefined;
  readonly provider: string | undefined;
  readonly paymentId: string | undefined;
  readonly errors: FieldError[] | undefined;

  constructor(code: ErrorCode, detail: string, options: GatewayErrorOptions = {}) {
    // A refusal is an everyday answer, and its stack would cost more than the rest of it.
    const { stackTraceLimit } = Error;
    if (code !== 'internal-error') Error.stackTraceLimit = 0;
    super(detail, { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'GatewayError';
    this.code = code;
    this.retry = options.retry ?? ERRORS[code].retry;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.provider = options.provider;
    this.paymentId = options.paymentId;
    this.errors = options.errors;
  }
}

/**
 * The store did not answer. `fate` says whether the write may have happened: `none` (surely not written) or
 * `unknown` (connection lost or timed out while the statement ran).
 */
export class StoreUnavailable extends Error {
  readonly fate: 'none' | 'unknown';
  constructor(fate: 'none' | 'unknown', cause: unknown) {
    super('the store is unavailable', { cause });
    this.name = 'StoreUnavailable';
    this.fate = fate;
  }
}
