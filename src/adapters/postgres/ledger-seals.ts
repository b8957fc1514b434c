import type pg from 'pg';
import type { BookedTransaction, SealHead, SealStore } from '../../domain/ledger-seal.ts';
import { inTransaction } from './transaction.ts';

/** Of the advisory lock that one sealer holds during its commit; nobody else asks for it. */
const LOCK_KEY = 0x6c73_6561;

/** An id whose ledger transaction is gone stays in the list: `verify` tells of it. */
const WAITING = `
select to_char(t.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "createdAt",
  (select coalesce(jsonb_agg(jsonb_build_object('account', e.account, 'amountMinor', e.amount_minor::text,
      'currency', e.currency, 'line', e.line, 'side', e.side) order by e.line), '[]')
    from ledger_entries e where e.transaction_id = t.id) as entries,
  t.id::text as id, t.kind, t.payment_id as "paymentId", t.reason, t.reverses::text as reverses
from ledger_unsealed u join ledger_transactions t on t.id = u.transaction_id
order by u.transaction_id limit $1`;

const APPEND = `
with taken as (
  delete from ledger_unsealed where transaction_id = any($3::bigint[])
)
insert into ledger_seals (number, hash, transactions, digests)
select $1, decode($2, 'hex'), $3::bigint[],
  array(select decode(d, 'hex') from unnest($4::text[]) with ordinality as u(d, n) order by n)`;

const MOVE_HEAD = `
update ledger_seal_head set count = $1, hash = decode($2, 'hex')`;

/** What waits for a seal, up to this many: past it the figure only says "very many". */
const WAITING_COUNT_LIMIT = 100_000;

/** The list is in the order of ids, which is that of time but for some seconds. */
const BACKLOG = `
select
  (select count(*)::integer from (
    select from ledger_unsealed limit ${WAITING_COUNT_LIMIT}
  ) as counted) as waiting,
  coalesce((select extract(epoch from now() - t.created_at)::float8
    from ledger_unsealed u join ledger_transactions t on t.id = u.transaction_id
    order by u.transaction_id limit 1), 0) as "oldestSeconds"`;

export interface Unsealed {
  waiting: number;
  oldestSeconds: number;
}

export async function readUnsealed(pool: pg.Pool): Promise<Unsealed> {
  const { rows } = await pool.query<Unsealed>(BACKLOG);
  return rows[0] ?? { waiting: 0, oldestSeconds: 0 };
}

export function makeSealStore(pool: pg.Pool): SealStore {
  return {
    sealNext: (limit, make) =>
      inTransaction(pool, async (client) => {
        const { rows: locks } = await client.query<{ got: boolean }>(
          'select pg_try_advisory_xact_lock($1) as got',
          [LOCK_KEY],
        );
        if (!locks[0]?.got) return null;
        const { rows: booked } = await client.query<BookedTransaction>(WAITING, [limit]);
        if (booked.length === 0) return null;
        const seal = make(await readHead(client), booked);
        const { number, hash, transactions } = seal;
        await client.query(APPEND, [
          number,
          hash,
          transactions.map(({ id }) => id),
          transactions.map(({ digest }) => digest),
        ]);
        await client.query(MOVE_HEAD, [number, hash]);
        return seal;
      }),
  };
}

/** After the lock, and in a statement of its own: it sees what the sealer before committed. */
async function readHead(client: pg.PoolClient): Promise<SealHead> {
  const { rows } = await client.query<SealHead>(
    `select count, encode(hash, 'hex') as hash from ledger_seal_head`,
  );
  const [head] = rows;
  if (!head) throw new Error('the head of the ledger’s seals is missing: see `gateway verify`');
  return head;
}
