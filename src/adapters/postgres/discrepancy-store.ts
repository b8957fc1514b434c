import type pg from 'pg';
import type { Discrepancy, DiscrepancyStore } from '../../domain/discrepancy.ts';

const SELECT = `
select d.id, d.payment_id, d.kind, d.detail, d.created_at, d.closed_at, d.closed_by, d.close_reason,
  p.merchant_id, p.status, p.amount_minor, p.currency, p.payer_masked,
  coalesce(d.provider, a.provider) as provider, coalesce(d.market, a.market) as market,
  coalesce(d.provider_reference, a.provider_reference) as provider_reference
from discrepancies d
left join payments p on p.id = d.payment_id
left join attempts a on a.payment_id = p.id and a.number = p.attempt_number`;

const OPEN = `${SELECT} where d.closed_at is null order by d.id limit $1`;
const ALL = `${SELECT} order by d.id limit $1`;
const ONE = `${SELECT} where d.id = $1`;

/** The digest is of the row as it was read and as it is afterwards, in the one statement that changes it. */
const CLOSE = `
with before as (
  select d.id, row_digest(to_jsonb(d)) as digest from discrepancies d
  where d.id = $1 and d.closed_at is null for update
), closed as (
  update discrepancies d set closed_at = now(), closed_by = $2, close_reason = $3
  from before where d.id = before.id
  returning d.payment_id, d.kind, before.digest as before, row_digest(to_jsonb(d)) as after
)
insert into audit_log (actor, action, subject, detail)
select $2, 'discrepancy.close', 'discrepancy ' || $1::bigint, jsonb_build_object(
  'paymentId', payment_id, 'kind', kind, 'reason', $3::text, 'via', $4::text,
  'before', before, 'after', after)
from closed`;

interface DiscrepancyRow {
  id: bigint;
  payment_id: string | null;
  kind: string;
  detail: string;
  created_at: Date;
  closed_at: Date | null;
  closed_by: string | null;
  close_reason: string | null;
  merchant_id: string | null;
  status: string;
  amount_minor: bigint;
  currency: string;
  provider: string;
  market: string;
  payer_masked: string;
  provider_reference: string;
}

function toDiscrepancy(row: DiscrepancyRow): Discrepancy {
  const { closed_at: at, closed_by: by, close_reason: reason, merchant_id: merchantId } = row;
  return {
    id: row.id,
    paymentId: row.payment_id,
    kind: row.kind,
    detail: row.detail,
    provider: row.provider,
    market: row.market,
    providerReference: row.provider_reference,
    createdAt: row.created_at,
    closed: at !== null && by !== null && reason !== null ? { at, by, reason } : null,
    payment:
      merchantId === null
        ? null
        : {
            merchantId,
            status: row.status,
            amountMinor: row.amount_minor,
            currency: row.currency,
            payerMasked: row.payer_masked,
          },
  };
}

export function makeDiscrepancyStore(pool: pg.Pool): DiscrepancyStore {
  return {
    async list({ all, limit }) {
      const { rows } = await pool.query<DiscrepancyRow>(all ? ALL : OPEN, [limit]);
      return rows.map(toDiscrepancy);
    },
    async find(id) {
      const { rows } = await pool.query<DiscrepancyRow>(ONE, [id]);
      return rows[0] ? toDiscrepancy(rows[0]) : null;
    },
    async close(id, { by, reason, via }) {
      const { rowCount } = await pool.query(CLOSE, [id, by, reason, via]);
      return rowCount === 1;
    },
  };
}
