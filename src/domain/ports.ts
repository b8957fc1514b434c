/** The ports of the use cases, with their promises. Each has one contract suite for all implementations. */
import type { InboundMessage, OutboundMessage } from './event.ts';

/** Time. `monotonicMs` never jumps; `now` is the wall clock and decides nothing about money. */
export interface Clock {
  now(): Date;
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Ids {
  /** `pay_` and a UUID v7 without dashes. */
  paymentId(): string;
  /** UUID v7. */
  eventId(): string;
  /** Unguessable owner token of a claim. */
  token(): string;
}

/** An answer exactly as it was first given; committed bytes only. */
export interface StoredAnswer {
  status: number;
  /** The whole body, as text. */
  body: string;
  contentType: string;
  /** Payment that the answer is about: `Location` is built from it. */
  paymentId: string;
}

export type ClaimResult =
  /** Ours alone for `leaseMs`. Says nothing about earlier requests: the store may have been wiped. */
  | { kind: 'granted'; token: string }
  /** Somebody holds it; with other content or the same: the key row decides. */
  | { kind: 'held' }
  | { kind: 'answered'; fingerprint: string; answer: StoredAnswer }
  /** The store did not answer in time, or not at all: go on with the key row. */
  | { kind: 'unavailable' };

export type LookResult =
  | Exclude<ClaimResult, { kind: 'granted' }>
  /** Nobody holds it now. Says nothing about earlier requests. */
  | { kind: 'free' };

/**
 * The fast path in front of the key row. All of it can vanish at any time; nothing that it says is the
 * authority on money. No method throws.
 */
export interface IdempotencyStore {
  /** One atomic command. A claim of ours whose reply was lost is recognised by its token. */
  claim(key: string, fingerprint: string): Promise<ClaimResult>;
  /** What `claim` would meet, without claiming: half the price for a request that is refused anyway. */
  look(key: string): Promise<LookResult>;
  /** Caches committed bytes; replaces nothing but our own claim or nothing. */
  complete(
    key: string,
    token: string | null,
    fingerprint: string,
    answer: StoredAnswer,
  ): Promise<void>;
  /** Deletes our own claim only. */
  release(key: string, token: string): Promise<void>;
  close(): Promise<void>;
}

/** What a handler decides about one message. */
export type Verdict =
  | { kind: 'done' }
  /** Try again later: next retry tier, then dead letters. */
  | { kind: 'retry'; errorClass: string }
  /** Cannot ever work: dead letters at once. */
  | { kind: 'dead'; errorClass: string };

export interface Subscription {
  group: string;
  topic: string;
  /** Largest batch handed to `handle`. @default 200 */
  maxBatch?: number;
  /**
   * Gets the messages of one partition in order and answers with one verdict for each. Offsets are
   * committed after it. If it throws (a dependency is down), the same messages come again after a pause and
   * nothing is lost or put aside.
   */
  handle(messages: InboundMessage[]): Promise<Verdict[]>;
}

export interface RunningSubscription {
  /** Stops fetching, waits for the batch in hand, commits, leaves the group. */
  close(): Promise<void>;
}

/**
 * Publish and subscribe, at least once, in order per key and topic.
 * `publish` resolves when every message is acknowledged by all in-sync replicas, and rejects within
 * its deadline otherwise; a rejected batch may have been stored in part.
 */
export interface EventBus {
  publish(messages: OutboundMessage[]): Promise<void>;
  /** Also consumes the subscription's retry tiers, each message when it is due. */
  subscribe(subscription: Subscription): Promise<RunningSubscription>;
  close(): Promise<void>;
}
