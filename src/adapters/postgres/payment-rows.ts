import type {
  Attempt,
  AttemptOutcome,
  Failure,
  Payment,
  PaymentStatus,
} from '../../domain/payment.ts';
import type { HeldPayment } from '../../domain/store.ts';
import type { Evidence, TimelineHead } from '../../domain/timeline.ts';

export interface PaymentRow {
  id: string;
  merchant_id: string;
  status: PaymentStatus;
  amount_minor: bigint;
  currency: string;
  provider: string;
  market: string;
  payer_masked: string;
  reference: string | null;
  description: string | null;
  metadata: Record<string, string> | null;
  failure: Failure | null;
  created_at: Date;
  updated_at: Date;
  next_check_at: Date | null;
  resolves_by: Date | null;
  evidence: Evidence[];
  hinted_at: Date | null;
  hint_claimed: string | null;
  attempts: AttemptJson[];
}

interface AttemptJson {
  number: number;
  provider: string;
  market: string;
  provider_reference: string;
  outcome: AttemptOutcome | null;
  reason: string | null;
  may_have_left: boolean;
  started_at: string;
  ended_at: string | null;
}

export interface HeadColumns {
  timeline_count: number;
  timeline_head: Buffer | null;
}

export interface HeldRow extends PaymentRow, HeadColumns {
  fence: bigint;
  key_hash: Buffer;
  request_id: string;
  traceparent: string;
  message_key: string;
  attempt_outcome: AttemptOutcome | null;
  not_found_count: number;
  status_queries: number;
  grace_left_ms: number;
  since_dispatch_ms: number;
  jobs_sequence: number;
  events_sequence: number;
  held_at: Date;
  hints_heard: number;
  hints_told: number;
  /** Absent where no status query follows. */
  by_hint?: boolean;
}

/** Columns of a payment `p` and its attempts, for the row types above. */
export const PAYMENT_COLUMNS = `p.id, p.merchant_id, p.status, p.amount_minor, p.currency, p.provider,
  p.market, p.payer_masked, p.reference, p.description, p.metadata, p.failure, p.created_at, p.updated_at,
  p.next_check_at, p.resolves_by, p.evidence, p.hinted_at, p.hint_claimed,
  (select jsonb_agg(to_jsonb(a) - 'payment_id' order by a.number) from attempts a
    where a.payment_id = p.id) as attempts`;

export const HELD_COLUMNS = `${PAYMENT_COLUMNS}, p.fence, p.key_hash, p.request_id, p.traceparent,
  p.message_key, p.attempt_outcome, p.not_found_count, p.status_queries,
  extract(epoch from p.grace_until - now())::float8 * 1000 as grace_left_ms,
  extract(epoch from now() - p.dispatched_at)::float8 * 1000 as since_dispatch_ms,
  p.jobs_sequence, p.events_sequence, p.timeline_count, p.timeline_head, p.hints_heard, p.hints_told,
  now() as held_at`;

function toAttempt(row: AttemptJson): Attempt {
  return {
    number: row.number,
    provider: row.provider,
    market: row.market,
    providerReference: row.provider_reference,
    outcome: row.outcome,
    reason: row.reason,
    startedAt: new Date(row.started_at),
    endedAt: row.ended_at === null ? null : new Date(row.ended_at),
  };
}

export function toPayment(row: PaymentRow): Payment {
  return {
    id: row.id,
    merchantId: row.merchant_id,
    status: row.status,
    amountMinor: row.amount_minor,
    currency: row.currency,
    provider: row.provider,
    market: row.market,
    payerMasked: row.payer_masked,
    reference: row.reference,
    description: row.description,
    metadata: row.metadata,
    failure: row.failure,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    attempts: row.attempts.map(toAttempt),
    nextCheckAt: row.next_check_at,
    resolvesBy: row.resolves_by,
    evidence: withHint(row),
  };
}

/** What a callback claimed stands in its own columns, because callbacks hold no fence. */
export function withHint({
  evidence,
  hinted_at: at,
  hint_claimed: claimed,
}: Pick<PaymentRow, 'evidence' | 'hinted_at' | 'hint_claimed'>): Evidence[] {
  if (at === null) return evidence;
  const says = claimed ?? 'nothing';
  const hint: Evidence = { source: 'callback-hint', at: at.toISOString(), says, reason: null };
  return [...evidence, hint].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

export function toHead(row: HeadColumns): TimelineHead {
  return { count: row.timeline_count, hash: row.timeline_head?.toString('hex') ?? null };
}

export function toHeld(row: HeldRow): HeldPayment {
  return {
    payment: toPayment(row),
    fence: row.fence,
    keyHash: row.key_hash,
    requestId: row.request_id,
    traceparent: row.traceparent,
    messageKey: row.message_key,
    attemptOutcome: row.attempt_outcome,
    mayHaveLeft: row.attempts.some(({ may_have_left }) => may_have_left),
    notFoundCount: row.not_found_count,
    statusQueries: row.status_queries,
    graceLeftMs: row.grace_left_ms,
    sinceDispatchMs: row.since_dispatch_ms,
    sequences: { jobs: row.jobs_sequence, events: row.events_sequence },
    heldAt: row.held_at,
    byHint: row.by_hint ?? false,
    timeline: toHead(row),
    hints: {
      heard: row.hints_heard,
      told: row.hints_told,
      lastAt: row.hinted_at,
      lastClaimed: row.hint_claimed,
    },
  };
}
