import type pg from 'pg';
import type { PostingSide } from '../../domain/ledger.ts';

export interface Balance {
  account: string;
  currency: string;
  debitMinor: bigint;
  creditMinor: bigint;
}

/** LED-5: what may still come in is derived from the payments themselves; the ledger has no row of it. */
export interface Pending {
  merchantId: string;
  provider: string;
  market: string;
  currency: string;
  payments: number;
  amountMinor: bigint;
}

export interface LedgerTransaction {
  id: bigint;
  kind: string;
  createdAt: Date;
  reverses: bigint | null;
  reason: string | null;
  entries: { account: string; side: PostingSide; amountMinor: bigint; currency: string }[];
}

export interface Reversal {
  transaction: bigint;
  reason: string;
  by: string;
  /** The account of the machine that the command ran as. */
  via: string;
}

export type ReversalResult =
  | { kind: 'reversed'; transaction: bigint; paymentId: string }
  | { kind: 'refused'; why: string };

export interface LedgerBooks {
  /** By account and currency; of one merchant when it is named. Summed from the entries: nothing is stored. */
  balances(merchantId: string | null): Promise<Balance[]>;
  /** Payments that are not final, by merchant, provider and currency. */
  pending(merchantId: string | null): Promise<Pending[]>;
  /** null when there is no such payment. */
  transactionsOf(paymentId: string): Promise<LedgerTransaction[] | null>;
  /** LED-4: another transaction with the sides exchanged; what it takes back stays as it was. Audited in its commit. */
  reverse(reversal: Reversal): Promise<ReversalResult>;
}

const BALANCES = `
select account, currency,
  coalesce(sum(amount_minor) filter (where side = 'debit'), 0)::bigint as "debitMinor",
  coalesce(sum(amount_minor) filter (where side = 'credit'), 0)::bigint as "creditMinor"
from ledger_entries
where $1::text is null or account = 'merchant:' || $1 || ':payable'
group by account, currency order by account, currency`;

const PENDING = `
select merchant_id as "merchantId", provider, market, currency, count(*)::integer as payments,
  sum(amount_minor)::bigint as "amountMinor"
from payments
where status not in ('SUCCEEDED', 'FAILED') and ($1::text is null or merchant_id = $1)
group by merchant_id, provider, market, currency order by merchant_id, provider, market, currency`;

const TRANSACTIONS = `
select t.id, t.kind, t.created_at as "createdAt", t.reverses, t.reason,
  e.account, e.side, e.amount_minor as "amountMinor", e.currency
from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
where t.payment_id = $1 order by t.id, e.line`;

const REVERSE = `
with original as (
  select * from ledger_transactions where id = $1 and reverses is null
), made as (
  insert into ledger_transactions (payment_id, kind, reverses, reason)
  select payment_id, 'reversal', id, $2 from original
  on conflict do nothing
  returning id, payment_id
), entered as (
  insert into ledger_entries (transaction_id, line, account, side, amount_minor, currency)
  select m.id, e.line, e.account, case e.side when 'debit' then 'credit' else 'debit' end,
    e.amount_minor, e.currency
  from made m, ledger_entries e where e.transaction_id = $1
), told as (
  insert into audit_log (actor, action, subject, detail)
  select $3, 'ledger.reverse', payment_id,
    jsonb_build_object('reverses', $1::bigint, 'transaction', id, 'reason', $2::text,
      'via', $4::text)
  from made
)
select id, payment_id from made`;

type EntryRow = Omit<LedgerTransaction, 'entries'> & LedgerTransaction['entries'][number];

function toTransactions(rows: readonly EntryRow[]): LedgerTransaction[] {
  const found = new Map<bigint, LedgerTransaction>();
  for (const { account, side, amountMinor, currency, ...transaction } of rows) {
    const one = found.get(transaction.id) ?? { ...transaction, entries: [] };
    one.entries.push({ account, side, amountMinor, currency });
    found.set(transaction.id, one);
  }
  return [...found.values()];
}

export function makeLedgerBooks(pool: pg.Pool): LedgerBooks {
  async function whyRefused(transaction: bigint): Promise<string> {
    const { rows } = await pool.query<{ reverses: bigint | null; by: bigint | null }>(
      `select t.reverses, r.id as by from ledger_transactions t
       left join ledger_transactions r on r.payment_id = t.payment_id and r.kind = 'reversal'
       where t.id = $1`,
      [transaction],
    );
    const [found] = rows;
    if (!found) return `there is no ledger transaction ${transaction}`;
    if (found.reverses !== null) {
      return `ledger transaction ${transaction} is a reversal itself, and stays`;
    }
    return `ledger transaction ${transaction} is reversed by ${found.by} already`;
  }

  return {
    balances: async (merchantId) => (await pool.query<Balance>(BALANCES, [merchantId])).rows,
    pending: async (merchantId) => (await pool.query<Pending>(PENDING, [merchantId])).rows,
    async transactionsOf(paymentId) {
      const { rows } = await pool.query<EntryRow>(TRANSACTIONS, [paymentId]);
      if (rows.length > 0) return toTransactions(rows);
      const { rowCount } = await pool.query('select 1 from payments where id = $1', [paymentId]);
      return rowCount === 1 ? [] : null;
    },
    async reverse({ transaction, reason, by, via }) {
      const { rows } = await pool.query<{ id: bigint; payment_id: string }>(REVERSE, [
        transaction,
        reason,
        by,
        via,
      ]);
      const [made] = rows;
      if (made) return { kind: 'reversed', transaction: made.id, paymentId: made.payment_id };
      return { kind: 'refused', why: await whyRefused(transaction) };
    },
  };
}
