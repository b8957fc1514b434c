import type pg from 'pg';
import type { PaymentStatus } from '../../domain/payment.ts';
import type { KeyRow, PaymentStore } from '../../domain/store.ts';
import { makeDispatches } from './dispatches.ts';
import { toStoreError } from './errors.ts';
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

/**
 * A hint about a payment at its end is followed only when it claims another end. Hints that come in a row
 * are followed every two seconds, and none of them makes a check later than it would have been. One of a provider
 * that the payment went on from is not followed.
 */
const HINT = `
with followed as (
  update payments set hinted = true, hinted_at = now(), hint_claimed = $2, hints_heard = hints_heard + 1,
    next_check_at = least(
      next_check_at, greatest(now(), lease_until, hinted_at + interval '2 seconds'))
  where id = $1 and provider = $3 and not (
    (status = 'SUCCEEDED' and $2::text is distinct from 'failed')
    or (status = 'FAILED' and $2::text is distinct from 'succeeded'))
)
select provider = $3 as is_here from payments where id = $1`;

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
    async readKey(merchantId, keyHash) {
      const { rows } = await query<KeyRowRecord>('read-key', READ_KEY, [merchantId, keyHash]);
      return rows[0] ? toKeyRow(rows[0]) : null;
    },
    async claimDue(limit, leaseMs) {
      const { rows } = await query<HeldRow>('claim-due', CLAIM_DUE, [limit, leaseMs]);
      return rows.map(toHeld);
    },
    async hint(paymentId, provider, claimed) {
      const { rows } = await query<{ is_here: boolean }>('hint', HINT, [
        paymentId,
        claimed,
        provider,
      ]);
      if (!rows[0]) return 'unknown';
      return rows[0].is_here ? 'taken' : 'elsewhere';
    },
    async find(merchantId, paymentId) {
      const { rows } = await query<PaymentRow>(
        'find-payment',
        `select ${PAYMENT_COLUMNS} from payments p where p.id = $1 and p.merchant_id = $2`,
        [paymentId, merchantId],
      );
      return rows[0] ? toPayment(rows[0]) : null;
    },
    async findByReference(provider, market, providerReference) {
      const { rows } = await query<{ payment_id: string }>(
        'find-by-reference',
        `select payment_id from attempts
         where provider = $1 and market = $2 and provider_reference = $3`,
        [provider, market, providerReference],
      );
      return rows[0]?.payment_id ?? null;
    },
    async list(merchantId, listing) {
      const { name, text, values } = listQuery(merchantId, listing);
      const { rows } = await query<PaymentRow>(name, text, values);
      return rows.map(toPayment);
    },
    timeline: makeReadTimeline(query),
  };
}
