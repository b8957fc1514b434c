import type pg from 'pg';
import { CHART_OF_ACCOUNTS } from '../../domain/ledger.ts';
import { SEAL_CHECKS } from './seal-checks.ts';
import { TIMELINE_CHECKS } from './timeline-checks.ts';

export interface Disagreement {
  /** What should hold. */
  rule: string;
  /** A payment, an account or a key: whatever the rule is about. */
  subject: string;
  detail: string;
}

export interface Check {
  rule: string;
  /** Answers one row (subject, detail) for each thing that disagrees. */
  sql: string;
}

/** Enough to see what is wrong; a broken rule often breaks for thousands. */
const MAX_ROWS_PER_RULE = 100;

const CHECKS: readonly Check[] = [
  {
    rule: 'a SUCCEEDED payment has one capture, of its amount and currency, at its provider and merchant',
    sql: `select p.id as subject, 'capture missing or different' as detail from payments p
      where p.status = 'SUCCEEDED' and not exists (
        select 1 from ledger_transactions t
        join ledger_entries d on d.transaction_id = t.id and d.side = 'debit'
        join ledger_entries c on c.transaction_id = t.id and c.side = 'credit'
        where t.payment_id = p.id and t.kind = 'capture'
          and d.amount_minor = p.amount_minor and c.amount_minor = p.amount_minor
          and d.currency = p.currency and c.currency = p.currency
          and d.account = 'provider:' || p.provider || ':' || p.market || ':settlement'
          and c.account = 'merchant:' || p.merchant_id || ':payable')`,
  },
  {
    rule: 'only a SUCCEEDED payment has a capture',
    sql: `select t.payment_id as subject, p.status as detail
      from ledger_transactions t join payments p on p.id = t.payment_id
      where t.kind = 'capture' and p.status <> 'SUCCEEDED'`,
  },
  {
    rule: 'a capture takes the amount of its payment, and no fee above it',
    sql: `select p.id as subject, 'taken ' || b.taken || ', owed ' || b.owed || ', kept ' || b.kept as detail
      from payments p join ledger_transactions t on t.payment_id = p.id and t.kind = 'capture'
      cross join lateral (
        select coalesce(sum(e.minor) filter (where e.account like 'provider:%'), 0) as taken,
          coalesce(-sum(e.minor) filter (where e.account like 'merchant:%'), 0) as owed,
          coalesce(-sum(e.minor) filter (where e.account like 'fee:%'), 0) as kept
        from (select account, case side when 'debit' then amount_minor else -amount_minor end as minor
          from ledger_entries where transaction_id = t.id) as e) as b
      where b.taken <> p.amount_minor or b.owed + b.kept <> p.amount_minor or b.owed < 0 or b.kept < 0`,
  },
  {
    rule: 'a reversal mirrors what it takes back, which is no reversal',
    sql: `select r.id::text as subject, 'reverses ' || r.reverses as detail
      from ledger_transactions r join ledger_transactions o on o.id = r.reverses
      where o.reverses is not null or o.payment_id <> r.payment_id
        or array(select (line, account, amount_minor, currency, side)::text from ledger_entries
            where transaction_id = r.id order by line)
          <> array(select (line, account, amount_minor, currency,
              case side when 'debit' then 'credit' else 'debit' end)::text
            from ledger_entries where transaction_id = o.id order by line)`,
  },
  {
    rule: 'every account is on the chart',
    sql: `select distinct account as subject, 'no pattern fits' as detail from ledger_entries
      where account !~ '${CHART_OF_ACCOUNTS.map(({ pattern }) => pattern).join('|')}'`,
  },
  {
    rule: 'debits equal credits in each ledger transaction, which has two entries or more',
    sql: `select t.id::text as subject, coalesce(e.currency, 'no entries') as detail
      from ledger_transactions t left join ledger_entries e on e.transaction_id = t.id
      group by t.id, e.currency
      having count(e.line) < 2
        or sum(case e.side when 'debit' then e.amount_minor else -e.amount_minor end) <> 0`,
  },
  {
    rule: 'all accounts together are zero in each currency',
    sql: `select currency as subject,
        sum(case side when 'debit' then amount_minor else -amount_minor end)::text as detail
      from ledger_entries group by currency
      having sum(case side when 'debit' then amount_minor else -amount_minor end) <> 0`,
  },
  {
    rule: 'a payment has its key row, and a key row its payment',
    sql: `select coalesce(p.id, k.payment_id) as subject,
        case when p.id is null then 'payment missing' else 'key row missing' end as detail
      from payments p full join idempotency_keys k
        on k.payment_id = p.id and k.merchant_id = p.merchant_id and k.key_hash = p.key_hash
      where p.id is null or k.payment_id is null`,
  },
  {
    rule: 'the current attempt says what the payment says',
    sql: `select p.id as subject,
        coalesce(p.attempt_outcome, 'open') || ' and ' || coalesce(a.outcome, 'open') as detail
      from payments p left join attempts a on a.payment_id = p.id and a.number = p.attempt_number
      where a.payment_id is null or a.outcome is distinct from p.attempt_outcome
        or a.provider <> p.provider or a.market <> p.market`,
  },
  {
    rule: 'a payment is tied to one provider once a request of it may have left',
    sql: `select p.id as subject, o.provider || ' as well: ' || coalesce(o.outcome, 'open') as detail
      from payments p join attempts o on o.payment_id = p.id and o.number <> p.attempt_number
      where o.may_have_left or o.outcome is distinct from 'not_taken'`,
  },
  {
    rule: 'a payment that is past RECEIVED has answered its key',
    sql: `select p.id as subject, p.status as detail from payments p
      join idempotency_keys k on k.merchant_id = p.merchant_id and k.key_hash = p.key_hash
      where p.status <> 'RECEIVED' and k.answered_at is null`,
  },
  {
    rule: 'a payment that is not final will be looked at again, and has no final answer too early',
    sql: `select p.id as subject, p.status as detail from payments p
      where p.status not in ('SUCCEEDED', 'FAILED') and p.next_check_at is null
      union all
      select p.id, 'RECEIVED, but its key is answered' from payments p
      join idempotency_keys k on k.merchant_id = p.merchant_id and k.key_hash = p.key_hash
      where p.status = 'RECEIVED' and k.answered_at is not null`,
  },
  {
    rule: 'messages that wait or are kept do not run ahead of their payment',
    sql: `select p.id as subject, o.topic || ' ' || max((o.value::jsonb->>'sequence')::integer) as detail
      from outbox o join payments p on p.id = o.value::jsonb->>'subject'
      group by p.id, o.topic
      having max((o.value::jsonb->>'sequence')::integer) <>
        case when o.topic like '%.jobs' then p.jobs_sequence else p.events_sequence end`,
  },
];

/** Reads all books in one snapshot, so that payments that move meanwhile disagree with nothing. */
export async function compareBooks(pool: pg.Pool): Promise<Disagreement[]> {
  const client = await pool.connect();
  const found: Disagreement[] = [];
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(`set local statement_timeout = '10min'`);
    // Whole tables are joined, which row by row takes hours; statistics that are out of date suggest it.
    await client.query('set local enable_nestloop = off');
    for (const { rule, sql } of [...CHECKS, ...TIMELINE_CHECKS, ...SEAL_CHECKS]) {
      const text = `select * from (${sql}) as found limit ${MAX_ROWS_PER_RULE}`;
      const { rows } = await client.query<{ subject: string; detail: string }>(text);
      for (const { subject, detail } of rows) found.push({ rule, subject, detail });
    }
    await client.query('commit');
  } finally {
    client.release(true);
  }
  return found;
}

export interface BookTotals {
  payments: Record<string, number>;
  ledgerTransactions: number;
  outboxPending: number;
  discrepancies: number;
}

export async function readTotals(pool: pg.Pool): Promise<BookTotals> {
  const count = async (sql: string) =>
    (await pool.query<{ n: number }>(`select count(*)::integer as n from ${sql}`)).rows[0]?.n ?? 0;
  const { rows } = await pool.query<{ status: string; n: number }>(
    'select status, count(*)::integer as n from payments group by status order by status',
  );
  return {
    payments: Object.fromEntries(rows.map(({ status, n }) => [status, n])),
    ledgerTransactions: await count('ledger_transactions'),
    outboxPending: await count('outbox where published_at is null'),
    discrepancies: await count('discrepancies where closed_at is null'),
  };
}

/** One row for each payment that a provider can know: for comparing with the provider's own list. */
export interface ChargeRecord {
  id: string;
  provider: string;
  providerReference: string;
  status: string;
  amountMinor: bigint;
  currency: string;
  /** False where the payment went on to another provider. */
  isCurrent: boolean;
}

export async function readCharges(pool: pg.Pool): Promise<ChargeRecord[]> {
  const { rows } = await pool.query<{
    id: string;
    provider: string;
    provider_reference: string;
    status: string;
    amount_minor: bigint;
    currency: string;
    is_current: boolean;
  }>(
    `select p.id, a.provider, a.provider_reference, p.status, p.amount_minor, p.currency,
       a.number = p.attempt_number as is_current
     from attempts a join payments p on p.id = a.payment_id`,
  );
  return rows.map((row) => ({
    id: row.id,
    provider: row.provider,
    providerReference: row.provider_reference,
    status: row.status,
    amountMinor: row.amount_minor,
    currency: row.currency,
    isCurrent: row.is_current,
  }));
}
