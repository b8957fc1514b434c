/** What an auditor asks of the ledger's seals. Hashed here by Postgres, and not by the code that sealed. */
import type pg from 'pg';
import type { Seal } from '../../domain/ledger-seal.ts';
import type { Check, Disagreement } from './books.ts';

/** Each ledger transaction with the hash that it has now. */
const BOOKED = `
select t.id, t.payment_id, sha256(convert_to('{"createdAt":"' ||
  to_char(t.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ||
  '","entries":[' || coalesce(e.lines, '') || '],"id":"' || t.id || '","kind":' || to_json(t.kind) ||
  ',"paymentId":' || to_json(t.payment_id) || ',"reason":' || coalesce(to_json(t.reason)::text, 'null') ||
  ',"reverses":' || coalesce('"' || t.reverses || '"', 'null') || '}', 'UTF8')) as digest
from ledger_transactions t left join (
  select transaction_id, string_agg('{"account":' || to_json(account) || ',"amountMinor":"' || amount_minor ||
    '","currency":' || to_json(currency) || ',"line":' || line || ',"side":' || to_json(side) || '}',
    ',' order by line) as lines
  from ledger_entries group by transaction_id
) e on e.transaction_id = t.id`;

const SEALED = `
select s.number as seal, u.id, u.digest
from ledger_seals s cross join lateral unnest(s.transactions, s.digests) as u(id, digest)`;

/** Each seal with the hash that it must have, given the seal before it. */
const CHAIN = `
select number, hash, coalesce(lag(number) over chain, 0) + 1 as place,
  sha256(convert_to('{"number":' || number || ',"previous":"' ||
    coalesce(encode(lag(hash) over chain, 'hex'), 'ledger') || '","transactions":[' || held || ']}',
    'UTF8')) as expected
from ledger_seals cross join lateral (
  select string_agg('{"digest":"' || encode(digest, 'hex') || '","id":"' || id || '"}', ',' order by n) as held
  from unnest(transactions, digests) with ordinality as u(id, digest, n)
) as content window chain as (order by number)`;

const ENDS = `
select h.count, h.hash, coalesce(s.number, 0) as number, s.hash as sealed
from (select) as one
left join ledger_seal_head h on true
left join (select number, hash from ledger_seals order by number desc limit 1) s on true`;

export const SEAL_CHECKS: readonly Check[] = [
  {
    rule: 'a ledger transaction is what it was when it was sealed',
    sql: `select 'ledger transaction ' || s.id as subject, case
        when b.id is null then 'missing: seal ' || s.seal || ' has it'
        else 'it or an entry of it is altered since seal ' || s.seal || '; payment ' || b.payment_id
        end as detail
      from (${SEALED}) as s left join (${BOOKED}) as b on b.id = s.id
      where b.digest is distinct from s.digest`,
  },
  {
    rule: 'a ledger transaction is in one seal, or waits for one',
    sql: `select 'ledger transaction ' || coalesce(t.id, u.transaction_id) as subject, case
        when t.id is null then 'removed before it was sealed'
        when s.seals > 1 then 'in ' || s.seals || ' seals'
        when s.seals = 1 then 'sealed, and waits to be sealed again'
        else 'neither sealed nor waiting: its seal is missing, or it was booked past the trigger' end as detail
      from ledger_transactions t
      full join ledger_unsealed u on u.transaction_id = t.id
      left join (select id, count(*) as seals from (${SEALED}) as sealed group by id) s on s.id = t.id
      where t.id is null
        or coalesce(s.seals, 0) + case when u.transaction_id is null then 0 else 1 end <> 1`,
  },
  {
    rule: 'each seal of the ledger follows from the one before it',
    sql: `select 'seal ' || number as subject, case
        when number <> place then 'a seal before it is missing'
        else 'altered, or the one before it' end as detail
      from (${CHAIN}) as seals where number <> place or hash <> expected`,
  },
  {
    rule: 'the seals of the ledger end where their head says that they do',
    sql: `select case when number = 0 then 'the ledger' else 'seal ' || number end as subject, case
        when count is null then 'the head is missing'
        when number < count then 'cut off: the head says ' || count || ' seals'
        when number > count then 'the head says ' || count || ' seals'
        else 'the last hash is another one than the head says' end as detail
      from (${ENDS}) as ends
      where count is null or number <> count or hash is distinct from sealed`,
  },
];

export interface SealTotals {
  seals: number;
  waiting: number;
  newest: Pick<Seal, 'number' | 'hash'> | null;
}

export async function readSealTotals(pool: pg.Pool): Promise<SealTotals> {
  const { rows } = await pool.query<{ waiting: number; number: number | null; hash: string }>(
    `select (select count(*)::integer from ledger_unsealed) as waiting, s.number, encode(s.hash, 'hex') as hash
     from (select) as one
     left join (select number, hash from ledger_seals order by number desc limit 1) s on true`,
  );
  const { waiting = 0, number = null, hash = '' } = rows[0] ?? {};
  return { seals: number ?? 0, waiting, newest: number === null ? null : { number, hash } };
}

/** A seal that somebody noted elsewhere, against what the database says now. */
export async function compareSeal(
  pool: pg.Pool,
  noted: Pick<Seal, 'number' | 'hash'>,
): Promise<Disagreement[]> {
  const { rows } = await pool.query<{ hash: string }>(
    `select encode(hash, 'hex') as hash from ledger_seals where number = $1`,
    [noted.number],
  );
  if (rows[0]?.hash === noted.hash) return [];
  const detail = rows[0]
    ? 'it has another hash'
    : 'there is no such seal: the newest ones were removed';
  return [{ rule: 'the seal that was noted is there', subject: `seal ${noted.number}`, detail }];
}
