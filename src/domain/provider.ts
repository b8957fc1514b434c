/**
 * The port to a mobile-money provider. An adapter speaks the provider's documented HTTP API and classifies
 * every possible answer; what a provider can answer is a value, never an exception.
 */
import type { Failure } from './payment.ts';

export interface ChargeRequest {
  /** Our reference in this provider's spelling; the provider refuses it the second time. */
  reference: string;
  paymentId: string;
  amountMinor: bigint;
  currency: string;
  /** E.164 with plus. */
  msisdn: string;
  description: string | null;
  /** Where this payment's callbacks go; null when the gateway has no public URL. */
  callbackUrl: string | null;
}

export interface CallOptions {
  /** Wall limit for the whole call, token included. The adapter aborts its own requests after it. */
  timeoutMs: number;
}

/**
 * Why a charge was surely not taken.
 * - `refused`: the provider said in documented words that it did not process it (bytes left).
 * - `unreachable`: the request surely never left: DNS, refused, connect timeout, TLS, no token.
 * - `not-sent`: we did not even try: no time left, breaker or bulkhead.
 */
export type NotTakenCause = 'refused' | 'unreachable' | 'not-sent';

/**
 * `failure: true` on any outcome means that it counts against the provider's health (breaker): timeouts,
 * connect errors, 5xx, 429, unreadable bodies. Declines and answers about one payment do not.
 */
export type ChargeOutcome =
  | { kind: 'accepted'; failure: false; duplicate: boolean }
  | { kind: 'declined'; failure: false; why: Failure }
  | {
      kind: 'not_taken';
      failure: boolean;
      cause: NotTakenCause;
      /** Short machine word: `connect-refused`, `http-429`, `token-refused`, … */
      reason: string;
      providerCode: string | null;
      /** Seconds after which the provider said to come back. */
      retryAfterSeconds?: number;
    }
  | { kind: 'unknown'; failure: true; reason: string };

export type StatusOutcome =
  | {
      kind: 'succeeded';
      failure: false;
      /** What the provider says it took; null where its answer carries no amount (Airtel). */
      taken: { amountMinor: bigint | null; currency: string } | null;
      providerTransactionId: string | null;
    }
  | { kind: 'failed'; failure: false; why: Failure }
  | { kind: 'pending'; failure: false }
  | { kind: 'not_found'; failure: false }
  /** No clear answer: timeouts, errors, unreadable bodies, our own credentials refused. */
  | { kind: 'unclear'; failure: boolean; reason: string };

/** A callback as it arrived: raw bytes, because a signature is over bytes. */
export interface RawCallback {
  method: string;
  headers: Record<string, string | string[] | undefined>;
  body: Uint8Array;
}

/** What a callback claims. Never trusted for an outcome: it only makes us ask sooner. */
export type CallbackHint =
  | { ok: true; reference: string | null; claimed: 'succeeded' | 'failed' | 'pending' | null }
  | { ok: false; why: 'malformed' | 'bad-signature' };

export type ProviderOperation = 'charge' | 'status';

export interface PaymentProvider {
  /** Upper case, `MTN`: as merchants, labels and control calls write it. */
  readonly name: string;
  /** ISO 3166 alpha-2 country of this instance, `ZM`. */
  readonly market: string;
  /** ISO 4217 codes that this instance takes. */
  readonly currencies: readonly string[];
  /** Largest amount of one charge, in minor units, per currency; absent means the gateway's own cap. */
  readonly maxAmountMinor: Readonly<Record<string, bigint>>;
  /** Advice of the provider: the first status query makes no sense earlier than this. */
  readonly firstStatusQueryMs: number;
  /** Spells 16 derived bytes as this provider's reference. Same bytes, same reference, always. */
  spellReference(bytes: Uint8Array): string;
  /** Sends one charge, once. Never throws, never retries after a byte was sent. */
  charge(request: ChargeRequest, options: CallOptions): Promise<ChargeOutcome>;
  /** Asks for a charge by our reference. Never throws. At most one HTTP request, plus a token when needed. */
  queryStatus(
    query: { reference: string; currency: string },
    options: CallOptions,
  ): Promise<StatusOutcome>;
  parseCallback(raw: RawCallback): CallbackHint;
  close(): Promise<void>;
}
