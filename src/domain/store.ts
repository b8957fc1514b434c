/**
 * The port to the system of record. Every write to a payment that is under way names the fence that it
 * holds; a write under an older fence changes nothing. A method that cannot reach the store throws
 * `StoreUnavailable`, whose `fate` says whether the write may have happened.
 *
 * Whoever writes a payment also writes its timeline: the commit's facts as one link (`Intent.link`, `redrive`'s,
 * `Move.link`), hashed by the writer after the head that it read under the same fence. The store appends the link
 * and moves the payment's count and hash in the same commit. Callbacks hold no fence: `hint` counts them, and the
 * next fenced write tells of them (`HeldPayment.hints`, `Move.hintsTold`).
 */
import type { DiscrepancyKind } from './discrepancy.ts';
import type { OutboundMessage } from './event.ts';
import type { LedgerPosting } from './ledger.ts';
import type { AttemptOutcome, Failure, Payment, PaymentStatus } from './payment.ts';
import type { StoredAnswer } from './ports.ts';
import type { Evidence, HeardHints, TimelineHead, TimelineLink } from './timeline.ts';

/** What is committed before the first byte leaves: key row, payment RECEIVED with fence 1, attempt 1. */
export interface Intent {
  paymentId: string;
  merchantId: string;
  /** SHA-256 of merchant and key: what the caller sent is never stored. */
  keyHash: Buffer;
  /** Hex SHA-256 of the canonical content. */
  fingerprint: string;
  amountMinor: bigint;
  currency: string;
  provider: string;
  market: string;
  providerReference: string;
  payerMasked: string;
  payerCipher: Buffer;
  payerIndex: Buffer;
  /** Kafka key of the wallet. */
  messageKey: string;
  reference: string | null;
  description: string | null;
  metadata: Record<string, string> | null;
  routedBy: string;
  requestId: string;
  traceparent: string;
  leaseMs: number;
  graceMs: number;
  /** The first link of the payment's timeline. */
  link: TimelineLink;
  /** Until it is final or in MANUAL_REVIEW, at most. */
  resolvesInMs: number;
}

/** A payment as somebody who holds its fence sees it. */
export interface HeldPayment {
  payment: Payment;
  fence: bigint;
  keyHash: Buffer;
  /** Request id of the latest dispatch: problem documents that are stored for it carry it. */
  requestId: string;
  traceparent: string;
  messageKey: string;
  /** Outcome of the current attempt; null while it has none. */
  attemptOutcome: AttemptOutcome | null;
  /** True when a request of any attempt may ever have reached a provider: then of the current one alone. */
  mayHaveLeft: boolean;
  /** "Not found" answers that counted since the last dispatch. */
  notFoundCount: number;
  /** Status queries since the last dispatch. */
  statusQueries: number;
  /** Milliseconds until "not found" counts; 0 or less when it does. By the store's clock. */
  graceLeftMs: number;
  /** Milliseconds since the last dispatch, by the store's clock. */
  sinceDispatchMs: number;
  /** Last sequence used, per topic. */
  sequences: { jobs: number; events: number };
  /** The store's clock when the fence was taken. */
  heldAt: Date;
  /** A callback brought this query forward: it uses up none of the schedule. */
  byHint: boolean;
  /** Where its timeline ends: nobody else can append while the fence is held. */
  timeline: TimelineHead;
  hints: HeardHints;
}

export interface KeyRow {
  paymentId: string;
  fingerprint: string;
  /** null: no answer yet, or pruned. */
  answer: StoredAnswer | null;
  /** The answer was stored once and has been pruned. */
  pruned: boolean;
  status: PaymentStatus;
  /** Where its latest dispatch went: a re-drive goes the same way, whatever routing says today, or fails over. */
  provider: string;
  market: string;
  fence: bigint;
  attemptOutcome: AttemptOutcome | null;
  /** A request of some attempt may have reached its provider: no other provider may be tried any more. */
  mayHaveLeft: boolean;
  leaseLive: boolean;
  timeline: TimelineHead;
}

export type IntentResult =
  | { kind: 'created'; at: Date }
  /** The key had a row already; nothing was written. */
  | { kind: 'exists' };

/** One fenced write: an outcome, a settlement, or only a new time for the next status query. */
export interface Move {
  paymentId: string;
  fence: bigint;
  attemptNumber: number;
  /** New state; null leaves it. */
  status: PaymentStatus | null;
  failure: Failure | null;
  /** The attempt's new outcome; `keep` leaves it as it is. */
  attempt: { outcome: AttemptOutcome; reason: string | null; mayHaveLeft: boolean } | 'keep';
  notFoundCount: number;
  /** How many status queries this write is about. */
  statusQueries: number;
  /** null: never again by itself. */
  nextCheckInMs: number | null;
  /** Stored as the key's answer, unless it has one. */
  answer: StoredAnswer | null;
  /** Wall time of the change as the answer's bytes say it; null: the store's own. */
  at: Date | null;
  messages: (OutboundMessage & { eventId: string })[];
  posting: LedgerPosting | null;
  discrepancy: { kind: DiscrepancyKind; detail: string } | null;
  /** What this write tells; null when it tells nothing, and the timeline stays as it is. */
  link: TimelineLink | null;
  /** Of how many callbacks the timeline tells after this write; null leaves it. */
  hintsTold: number | null;
  /** The payment's evidence from now on; null leaves it. */
  evidence: readonly Evidence[] | null;
  /** Until it is final or in MANUAL_REVIEW, at most; null when it is. */
  resolvesInMs: number | null;
}

/** Where a dispatch goes. A provider that was tried before is told the reference that is stored, whatever this says. */
export interface Route {
  provider: string;
  market: string;
  providerReference: string;
}

/** Another dispatch of a payment of which nothing was taken. */
export interface Redispatch {
  route: Route;
  requestId: string;
  traceparent: string;
  leaseMs: number;
  graceMs: number;
  link: TimelineLink;
  resolvesInMs: number;
}

/** A dispatch that takes the place of one that surely never left. */
export interface Handover extends Redispatch {
  /** What the one before came to. */
  ended: { reason: string; at: Date };
}

/** `lost`: somebody else holds the fence, or it was used already; nothing was written. */
export type MoveResult = 'written' | 'lost';

export interface ListQuery {
  reference?: string;
  status?: PaymentStatus;
  provider?: string;
  createdAfter?: Date;
  createdBefore?: Date;
  limit: number;
  /** The id of the last payment of the page before. */
  after?: string;
}

export type HintClaim = 'succeeded' | 'failed' | 'pending' | null;

/** `elsewhere`: the payment stands at another provider, and nothing was written. */
export type HintResult = 'taken' | 'elsewhere' | 'unknown';

/** A page of a payment's timeline, in order. */
export interface TimelinePage {
  head: TimelineHead;
  links: TimelineLink[];
}

export interface PaymentStore {
  /** Writes the intent, unless its key has a row. Concurrent intents share a commit. */
  begin(intent: Intent): Promise<IntentResult>;
  /** Never from a replica. */
  readKey(merchantId: string, keyHash: Buffer): Promise<KeyRow | null>;
  /**
   * Takes the fence for another dispatch of a payment whose attempt is `not_taken`, by compare-and-set on `fence` and
   * the timeline's count; null when somebody was faster, a lease lives, or it would go to another provider while
   * a request of any attempt may have left. Evidence begins anew.
   */
  redrive(paymentId: string, fence: bigint, dispatch: Redispatch): Promise<HeldPayment | null>;
  /**
   * One commit for the end of the dispatch that holds `fence`, as `not_taken` and surely never left, and for the
   * dispatch at another provider, under the next fence. null under the same conditions as `redrive`.
   */
  handOver(paymentId: string, fence: bigint, handover: Handover): Promise<HeldPayment | null>;
  /** A fenced write; concurrent ones share a commit. */
  apply(move: Move): Promise<MoveResult>;
  /** Takes the fence of payments whose time has come, at most `limit`, each for `leaseMs`. */
  claimDue(limit: number, leaseMs: number): Promise<HeldPayment[]>;
  /** A hint of this provider: ask it soon, but not while a lease lives. */
  hint(paymentId: string, provider: string, claimed: HintClaim): Promise<HintResult>;
  find(merchantId: string, paymentId: string): Promise<Payment | null>;
  findByReference(
    provider: string,
    market: string,
    providerReference: string,
  ): Promise<string | null>;
  list(merchantId: string, query: ListQuery): Promise<Payment[]>;
  /** Links after number `after`, at most `limit`; null when there is no such payment. */
  timeline(
    merchantId: string,
    paymentId: string,
    page: { after: number; limit: number },
  ): Promise<TimelinePage | null>;
  /**
   * For each event that this consumer has not processed: marks it and brings the next status query forward,
   * in one commit. Answers per event whether it was new.
   */
  processJobs(
    consumer: string,
    jobs: { eventId: string; paymentId: string; checkInMs: number }[],
  ): Promise<boolean[]>;
}
