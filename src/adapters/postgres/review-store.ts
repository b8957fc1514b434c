import type pg from 'pg';
import type { PaymentStatus } from '../../domain/payment.ts';
import type { ReviewItem, ReviewOutcome, ReviewStore } from '../../domain/review.ts';
import type { MoveResult } from '../../domain/store.ts';
import type { Evidence } from '../../domain/timeline.ts';
import { makeApplyMoves } from './moves.ts';
import { HELD_COLUMNS, type HeldRow, toHeld, withHint } from './payment-rows.ts';
import { inTransaction } from './transaction.ts';

/** Found by key alone, as all statements of a pool are planned; a list is short because people empty it. */
const ITEM = `
select p.id as payment_id, p.merchant_id, p.status, p.amount_minor, p.currency, p.provider, p.market,
  p.created_at, extract(epoch from now() - p.created_at)::float8 as age_seconds, p.updated_at,
  p.attempt_outcome, p.evidence, p.hinted_at, p.hint_claimed, a.reason as attempt_reason,
  a.provider_reference, p.status_queries, p.next_check_at,
  coalesce((select jsonb_agg(jsonb_build_object('id', d.id::text, 'kind', d.kind, 'detail', d.detail)
    order by d.id) from discrepancies d where d.payment_id = p.id and d.closed_at is null), '[]') as doubts,
  (select to_jsonb(r) || jsonb_build_object('id', r.id::text,
      'age_seconds', extract(epoch from now() - r.proposed_at)::float8) from review_proposals r
    where r.payment_id = p.id and r.ended_at is null) as proposal
from payments p join attempts a on a.payment_id = p.id and a.number = p.attempt_number`;

/** What is in review always has a next check: the partial index finds it. */
const LIST = `${ITEM}
where p.status = 'MANUAL_REVIEW' and p.next_check_at is not null order by p.created_at limit $1`;

const FIND = `${ITEM} where p.id = $1`;

const TAKE = `
with p as (
  update payments set
    fence = fence + 1, lease_until = now() + $2 * interval '1 millisecond',
    next_check_at = now() + $2 * interval '1 millisecond'
  where id = $1 and status = 'MANUAL_REVIEW' and coalesce(lease_until <= now(), true)
  returning *
)
select ${HELD_COLUMNS} from p`;

const REPLACE_PROPOSAL = `
update review_proposals set ended_at = now(), ended_as = 'replaced', ended_by = $2
where payment_id = $1 and ended_at is null`;

const PROPOSE = `
with made as (
  insert into review_proposals (payment_id, outcome, reason, proposed_by) values ($1, $2, $3, $4)
  returning payment_id)
insert into audit_log (actor, action, subject, detail)
select $4, 'review.propose', payment_id,
  jsonb_build_object('outcome', $2::text, 'reason', $3::text, 'via', $5::text) from made`;

const DIGEST = 'select payment_digest(p) as digest from payments p where id = $1';

const END_PROPOSAL = `
update review_proposals set ended_at = now(), ended_as = 'confirmed', ended_by = $2
where id = $1 and ended_at is null`;

const AUDIT = `
insert into audit_log (actor, action, subject, detail) values ($1, $2, $3, $4)`;

interface ItemRow {
  payment_id: string;
  merchant_id: string;
  status: PaymentStatus;
  amount_minor: bigint;
  currency: string;
  provider: string;
  market: string;
  created_at: Date;
  age_seconds: number;
  updated_at: Date;
  attempt_outcome: string | null;
  attempt_reason: string | null;
  evidence: Evidence[];
  hinted_at: Date | null;
  hint_claimed: string | null;
  provider_reference: string;
  status_queries: number;
  next_check_at: Date | null;
  doubts: { id: string; kind: string; detail: string }[];
  proposal: {
    id: string;
    outcome: ReviewOutcome;
    reason: string;
    proposed_by: string;
    proposed_at: string;
    age_seconds: number;
  } | null;
}

function toItem(row: ItemRow): ReviewItem {
  const { proposal } = row;
  return {
    paymentId: row.payment_id,
    merchantId: row.merchant_id,
    status: row.status,
    amountMinor: row.amount_minor,
    currency: row.currency,
    provider: row.provider,
    market: row.market,
    providerReference: row.provider_reference,
    createdAt: row.created_at,
    ageSeconds: row.age_seconds,
    updatedAt: row.updated_at,
    attemptOutcome: row.attempt_outcome,
    attemptReason: row.attempt_reason,
    evidence: withHint(row),
    statusQueries: row.status_queries,
    nextCheckAt: row.next_check_at,
    discrepancies: row.doubts.map(({ id, ...rest }) => ({ id: BigInt(id), ...rest })),
    proposal: proposal && {
      id: BigInt(proposal.id),
      outcome: proposal.outcome,
      reason: proposal.reason,
      proposedBy: proposal.proposed_by,
      proposedAt: new Date(proposal.proposed_at),
      ageSeconds: proposal.age_seconds,
    },
  };
}

export function makeReviewStore(pool: pg.Pool): ReviewStore {
  const digestOf = async (client: pg.PoolClient, paymentId: string) =>
    (await client.query<{ digest: string }>(DIGEST, [paymentId])).rows[0]?.digest ?? null;

  return {
    async list(limit) {
      return (await pool.query<ItemRow>(LIST, [limit])).rows.map(toItem);
    },
    async find(paymentId) {
      const { rows } = await pool.query<ItemRow>(FIND, [paymentId]);
      return rows[0] ? toItem(rows[0]) : null;
    },
    async take(paymentId, leaseMs) {
      const { rows } = await pool.query<HeldRow>(TAKE, [paymentId, leaseMs]);
      return rows[0] ? toHeld(rows[0]) : null;
    },
    async propose(paymentId, outcome, { by, reason, via }) {
      await inTransaction(pool, async (client) => {
        await client.query(REPLACE_PROPOSAL, [paymentId, by]);
        await client.query(PROPOSE, [paymentId, outcome, reason, by, via]);
      });
    },
    giveBack: makeApplyMoves(pool),
    resolve: (move, { by, reason, via }, { proposal, despiteProvider, outcome, heard }) =>
      inTransaction<MoveResult>(pool, async (client) => {
        const { paymentId } = move;
        // Somebody may have proposed something else since it was read.
        if (proposal && (await client.query(END_PROPOSAL, [proposal.id, by])).rowCount !== 1) {
          return 'lost';
        }
        const before = await digestOf(client, paymentId);
        const result = await makeApplyMoves(client)(move);
        if (result === 'lost') throw new FenceLost();
        const detail = {
          ...{ outcome, reason, via, heard, before, after: await digestOf(client, paymentId) },
          ...(proposal && { proposedBy: proposal.proposedBy, proposalReason: proposal.reason }),
        };
        await client.query(AUDIT, [by, 'review.resolve', paymentId, JSON.stringify(detail)]);
        if (despiteProvider) {
          const contradiction = JSON.stringify({ outcome, heard, reason });
          await client.query(AUDIT, [by, 'review.despite-provider', paymentId, contradiction]);
        }
        return result;
      }).catch(lostOrThrow),
  };
}

/** Takes the end of the proposal back with it. */
class FenceLost extends Error {}

function lostOrThrow(error: unknown): MoveResult {
  if (error instanceof FenceLost) return 'lost';
  throw error;
}
