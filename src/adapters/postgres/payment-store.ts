import type pg from 'pg';
import type { PaymentStatus } from '../../domain/payment.ts';
import type { KeyRow, PaymentStore } from '../../domain/store.ts';
import { makeDispatches } from './dispatches.ts';
import { toStoreError } from './errors.ts';
import { makeHints } from './hints.ts';
import { makeBeginIntents } from './intents.ts';
import { makeApplyMoves } from './moves.ts';
import { listQuery } from './payment-list.ts';
import {
  HELD_COLUMNS,
  type HeadColumns,
  type HeldRow,
  PAYMENT_COLUMNS,
  type PaymentRow,
  toHead,
  toHeld,
  toPayment,
} from './payment-rows.ts';
import { makeProcessJobs } from './processed-events.ts';
import { makeReadTimeline, type Query } from './timeline.ts';

const READ_KEY = `
select k.payment_id, k.fingerprint, k.answer_status, k.answer_type, k.answer_body, k.answered_at,
  p.status, p.provider, p.market, p.fence, p.attempt_outcome, coalesce(p.lease_until > now(), false) as lease_live,
  p.timeline_count, p.timeline_head,
  (select bool_or(a.may_have_left) from attempts a where a.payment_id = p.id) as may_have_left
from idempotency_keys k join payments p on p.id = k.payment_id
where k.merchant_id = $1 and k.key_hash = $2`;

interface KeyRowRecord extends HeadColumns {
  payment_id: string;
  fingerprint: string;
  answer_status: number | null;
  answer_type: string | null;
  answer_body: string | null;
  answered_at: Date | null;
  status: PaymentStatus;
  provider: string;
  market: string;
  fence: bigint;
  attempt_outcome: KeyRow['attemptOutcome'];
  lease_live: boolean;
  may_have_left: boolean;
}

const CLAIM_DUE = `
with due as (
  select id, hinted as by_hint from payments
  where next_check_at <= now() and coalesce(lease_until <= now(), true)
  order by next_check_at limit $1 for update skip locked
), p as (
  update payments set
    fence = fence + 1, lease_until = now() + $2 * interval '1 millisecond',
    next_check_at = now() + $2 * interval '1 millisecond', hinted = false
  from due where payments.id = due.id
  returning payments.*, due.by_hint
)
select ${HELD_COLUMNS}, p.by_hint from p`;

function toKeyRow(row: KeyRowRecord): KeyRow {
  const { answer_status: status, answer_type: contentType, answer_body: body } = row;
  return {
    paymentId: row.payment_id,
    fingerprint: row.fingerprint,
    answer:
      status !== null && contentType !== null && body !== null
        ? { status, contentType, body, paymentId: row.payment_id }
        : null,
    pruned: row.answered_at !== null && body === null,
    status: row.status,
    provider: row.provider,
    market: row.market,
    fence: row.fence,
    attemptOutcome: row.attempt_outcome,
    mayHaveLeft: row.may_have_left,
    leaseLive: row.lease_live,
    timeline: toHead(row),
  };
}

export function makePaymentStore(pool: pg.Pool): PaymentStore {
  const query: Query = async <Row extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: unknown[],
  ): Promise<pg.QueryResult<Row>> => {
    try {
      return await pool.query<Row>({ name, text, values });
    } catch (error) {
      throw toStoreError(error);
    }
  };
  return {
    begin: makeBeginIntents(pool),
    apply: makeApplyMoves(pool),
    processJobs: makeProcessJobs(pool),
    ...makeDispatches(query),
    ...makeHints(pool),
    async readKey(merchantId, keyHash) {
      const { rows } = await query<KeyRowRecord>('read-key', READ_KEY, [merchantId, keyHash]);
      return rows[0] ? toKeyRow(rows[0]) : null;
    },
    async claimDue(limit, leaseMs) {
      const { rows } = await query<HeldRow>('claim-due', CLAIM_DUE, [limit, leaseMs]);
      return rows.map(toHeld);
    },
    async find(merchantId, paymentId) {
      const { rows } = await query<PaymentRow>(
        'find-payment',
        `select ${PAYMENT_COLUMNS} from payments p where p.id = $1 and p.merchant_id = $2`,
        [paymentId, merchantId],
      );
      return rows[0] ? toPayment(rows[0]) : null;
    },
    async list(merchantId, listing) {
      const { name, text, values } = listQuery(merchantId, listing);
      const { rows } = await query<PaymentRow>(name, text, values);
      return rows.map(toPayment);
    },
    timeline: makeReadTimeline(query),
  };
}
