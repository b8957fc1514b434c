/** The port between the public API and the use cases: what a merchant can ask, without any HTTP. */
import type { OperationHealth } from './gate.ts';
import type { Payment } from './payment.ts';
import type { StoredAnswer } from './ports.ts';
import type { RawCallback } from './provider.ts';
import type { ListQuery, TimelinePage } from './store.ts';

/** One validated and normalised request to pay. */
export interface PayCommand {
  merchantId: string;
  /** Unquoted, 1 to 64 visible ASCII characters. */
  idempotencyKey: string;
  route: 'POST /v1/pay';
  /** Hex SHA-256 of the canonical content: equal for requests that mean the same. */
  fingerprint: string;
  amountMinor: bigint;
  currency: string;
  /** E.164 with plus. */
  msisdn: string;
  provider: string;
  market: string;
  /** `request`: the merchant named the provider; `operator`: the wallet's prefix decided. */
  routedBy: 'request' | 'operator';
  /** Other providers in the market that may take it, in order; none where the merchant named one. */
  failover: readonly string[];
  reference: string | null;
  description: string | null;
  metadata: Record<string, string> | null;
  requestId: string;
  /** W3C trace context; the caller's trace goes on when it sent one. */
  traceparent: string;
  /** Monotonic clock at the request's arrival: the handler's deadline counts from here. */
  arrivedAtMs: number;
}

/** 202, 402, a replay of those, or a stored 422. Every other ending is a thrown `GatewayError`. */
export interface PayResult {
  kind: 'answer';
  answer: StoredAnswer;
  replayed: boolean;
}

export interface ListPaymentsQuery extends Omit<ListQuery, 'after'> {
  /** Opaque, from the page before; a cursor that cannot be read is `query-invalid`. */
  cursor?: string;
}

export interface PaymentPage {
  payments: Payment[];
  nextCursor: string | null;
}

export interface TimelineView extends TimelinePage {
  /** For the next page; null on the last. */
  nextAfter: number | null;
}

export interface ProviderHealthView {
  provider: string;
  market: string;
  currencies: readonly string[];
  operations: { charge: OperationHealth; status: OperationHealth };
}

export type CallbackResult = 'accepted' | 'rejected' | 'not-found';

/** Every method throws `GatewayError` for what a caller may read; anything else is a defect. */
export interface Gateway {
  pay(command: PayCommand): Promise<PayResult>;
  /** null for an id that is not this merchant's. */
  getPayment(merchantId: string, id: string): Promise<Payment | null>;
  /** Links after number `after`, at most `limit`; null for an id that is not this merchant's. */
  getTimeline(
    merchantId: string,
    id: string,
    page: { after: number; limit: number },
  ): Promise<TimelineView | null>;
  listPayments(merchantId: string, query: ListPaymentsQuery): Promise<PaymentPage>;
  providerHealth(): ProviderHealthView[];
  /**
   * `market` is null when the path does not tell it, `token` where the provider's path has none.
   */
  providerCallback(
    provider: string,
    market: string | null,
    token: string | null,
    raw: RawCallback,
  ): Promise<CallbackResult>;
}

export type Scope = 'payments:write' | 'payments:read';

export interface Caller {
  merchantId: string;
  scopes: readonly string[];
}

export interface ApiKeyVerifier {
  /**
   * null for an unknown, revoked or expired key; throws `store-unavailable` when it cannot know.
   */
  verify(key: string): Promise<Caller | null>;
  /** What `verify` will answer, where it is in memory; null says nothing about the key. */
  known?(key: string): Caller | null;
}

/** Makes the bytes that are stored and replayed. Used by the api and by the worker alike. */
export interface AnswerRenderer {
  /** 202: the payment is ACCEPTED or UNKNOWN. */
  accepted(payment: Payment): StoredAnswer;
  /** 402: the provider declined for good. */
  declined(payment: Payment, requestId: string): StoredAnswer;
  /** 422: the payment was closed as `not-taken` without ever having had an answer. */
  expired(paymentId: string, requestId: string): StoredAnswer;
}
