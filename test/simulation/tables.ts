import type { OutboundMessage } from '../../src/domain/event.ts';
import type { LedgerPosting } from '../../src/domain/ledger.ts';
import type { AttemptOutcome, Payment, PaymentStatus } from '../../src/domain/payment.ts';
import type { StoredAnswer } from '../../src/domain/ports.ts';
import type { Evidence, TimelineLink } from '../../src/domain/timeline.ts';

/** What Postgres holds, as plain values: each change of them is one commit. */
export interface Tables {
  nowMs(): number;
  keys: Map<string, KeyRecord>;
  payments: Map<string, PaymentRecord>;
  outbox: OutboxRecord[];
  /** Ids are handed out before commits make them visible: some come late. */
  takeOutboxId(after: bigint): bigint;
  /** `consumer event`. */
  processed: Set<string>;
  ledger: LedgerPosting[];
  discrepancies: { paymentId: string; kind: string; detail: string }[];
  history: Change[];
  /** What a constraint or a trigger would have refused, or what no caller may do. */
  refused: string[];
}

export interface KeyRecord {
  merchantId: string;
  fingerprint: string;
  paymentId: string;
  answer: StoredAnswer | null;
}

export interface PaymentRecord {
  payment: Payment;
  keyHash: Buffer;
  messageKey: string;
  requestId: string;
  traceparent: string;
  fence: bigint;
  leaseUntilMs: number | null;
  dispatchedAtMs: number;
  graceUntilMs: number;
  attemptOutcome: AttemptOutcome | null;
  mayHaveLeft: boolean;
  notFoundCount: number;
  statusQueries: number;
  nextCheckAtMs: number | null;
  hinted: boolean;
  hintedAtMs: number | null;
  hintClaimed: string | null;
  hintsHeard: number;
  hintsTold: number;
  evidence: readonly Evidence[];
  resolvesAtMs: number | null;
  links: TimelineLink[];
  sequences: { jobs: number; events: number };
  lastOutboxId: bigint;
}

export interface OutboxRecord {
  id: bigint;
  eventId: string;
  shard: number;
  message: OutboundMessage;
  createdAtMs: number;
  published: boolean;
}

/** One step in the life of a payment, for the checkers and for whoever reads a broken schedule. */
export interface Change {
  atMs: number;
  paymentId: string;
  what: string;
  from: PaymentStatus | null;
  to: PaymentStatus | null;
  /** The fence that the writer held, and the one that the row had. */
  fence: bigint;
  rowFence: bigint;
}

export interface TablesOptions {
  nowMs(): number;
  /** Whether the next id is kept back, to be committed later than a higher one. */
  keepsBack?(): boolean;
}

export function makeTables({ nowMs, keepsBack = () => false }: TablesOptions): Tables {
  let nextId = 1n;
  const keptBack: bigint[] = [];
  return {
    nowMs,
    keys: new Map(),
    payments: new Map(),
    outbox: [],
    takeOutboxId(after) {
      const late = keptBack.findIndex((id) => id > after);
      if (late >= 0 && keepsBack()) return keptBack.splice(late, 1)[0] as bigint;
      if (keepsBack()) keptBack.push(nextId++);
      return nextId++;
    },
    processed: new Set(),
    ledger: [],
    discrepancies: [],
    history: [],
    refused: [],
  };
}

export const keyOf = (merchantId: string, keyHash: Buffer): string =>
  `${merchantId} ${keyHash.toString('hex')}`;

/** A change that moves no state. */
export function note(tables: Tables, { payment, fence }: PaymentRecord, what: string): void {
  const change = { atMs: tables.nowMs(), paymentId: payment.id, what };
  tables.history.push({ ...change, from: null, to: null, fence, rowFence: fence });
}
