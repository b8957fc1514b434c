import type pg from 'pg';
import type { KnownAttempt, ReconciliationStore } from '../../domain/reconciliation.ts';

const COLUMNS = `
select a.payment_id as "paymentId", a.provider_reference as reference, p.status, a.outcome,
  a.number = p.attempt_number as "isCurrent", p.amount_minor as "amountMinor", p.currency,
  p.updated_at as "updatedAt"
from attempts a join payments p on p.id = a.payment_id
where a.provider = $1 and a.market = $2`;

const BY_REFERENCE = `${COLUMNS} and a.provider_reference = any($3)`;

/** Ids begin with their time, so that a range of ids is a range of creation and needs no other index. */
const DISPATCHED = `${COLUMNS}
  and a.payment_id > $3 and a.payment_id < $4 and p.dispatched_at >= $5 and p.dispatched_at < $6
order by a.payment_id limit $7`;

/** A payment may be dispatched again long after it was made, as long as its merchant repeats its key. */
const LONGEST_DRIVE_MS = 30 * 86_400_000;
/** Ids are made by the clocks of apis, and `dispatched_at` by Postgres's. */
const CLOCKS_DIFFER_MS = 86_400_000;

const OPEN = `
insert into discrepancies (payment_id, kind, detail, provider, market, provider_reference)
select payment_id, kind, detail, $2, $3, reference
from jsonb_to_recordset($1::jsonb) as i(payment_id text, kind text, detail text, reference text)
on conflict do nothing`;

/**
 * Not while a lease lives, nor where it would be later than it is. In one order, as the fenced writes take them: or
 * the two could wait for each other.
 */
const ASK_NOW = `
with locked as (
  select id from payments
  where id = any($1) and status not in ('SUCCEEDED', 'FAILED') and next_check_at > now()
    and (lease_until is null or lease_until < now())
  order by id for update
)
update payments p set next_check_at = now() from locked where p.id = locked.id`;

function idAt(ms: number): string {
  return `pay_${Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0')}`;
}

export function makeReconciliationStore(pool: pg.Pool): ReconciliationStore {
  return {
    async attemptsOf({ provider, market }, references) {
      const values = [provider, market, references];
      return (await pool.query<KnownAttempt>(BY_REFERENCE, values)).rows;
    },
    async dispatchedIn({ provider, market }, { from, to, after, limit }) {
      const first = after?.paymentId ?? idAt(from.getTime() - LONGEST_DRIVE_MS);
      const values = [
        provider,
        market,
        first,
        idAt(to.getTime() + CLOCKS_DIFFER_MS),
        from,
        to,
        limit,
      ];
      return (await pool.query<KnownAttempt>(DISPATCHED, values)).rows;
    },
    async open({ provider, market }, found) {
      const rows = found.map(({ paymentId, reference, kind, detail }) => {
        return { payment_id: paymentId, reference, kind, detail };
      });
      const { rowCount } = await pool.query(OPEN, [JSON.stringify(rows), provider, market]);
      return rowCount ?? 0;
    },
    async askNow(paymentIds) {
      return (await pool.query(ASK_NOW, [paymentIds])).rowCount ?? 0;
    },
  };
}

/** The first and the last market in which a provider was ever tried: two looks into an index, however many rows. */
export async function marketsOf(pool: pg.Pool, provider: string): Promise<string[]> {
  const { rows } = await pool.query<{ first: string | null; last: string | null }>(
    'select min(market) as first, max(market) as last from attempts where provider = $1',
    [provider],
  );
  const found = [rows[0]?.first, rows[0]?.last].filter((market) => typeof market === 'string');
  return [...new Set(found)];
}
