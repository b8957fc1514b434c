import type pg from 'pg';
import type { Move, MoveResult } from '../../domain/store.ts';
import { makeBatcher } from './batcher.ts';
import { shardOf } from './outbox-shard.ts';

/**
 * One statement, one commit, for outcomes and settlements alike: state, attempt, stored answer, outbox rows,
 * ledger posting, discrepancy and timeline of every move whose fence still holds. A write clears its lease, and needs
 * one, so that a fence never writes twice.
 */
const APPLY = `
with input as (
  select * from jsonb_to_recordset($1::jsonb) as i(
    n integer, payment_id text, fence bigint, attempt_number smallint, status text, failure jsonb,
    keep_attempt boolean, outcome text, reason text, may_have_left boolean, not_found_count smallint,
    status_queries integer, next_check_ms float8, answer_status smallint, answer_type text,
    answer_body text, at timestamptz, jobs smallint, events smallint, messages jsonb, posting jsonb,
    discrepancy jsonb, link_number integer, link_hash text, link_facts text, hints_told integer,
    evidence jsonb, resolves_ms float8)
), moved as (
  update payments p set
    status = coalesce(i.status, p.status),
    failure = coalesce(nullif(i.failure, 'null'::jsonb), p.failure),
    attempt_outcome = case when i.keep_attempt then p.attempt_outcome else i.outcome end,
    lease_until = null,
    not_found_count = i.not_found_count,
    status_queries = p.status_queries + i.status_queries,
    next_check_at = case
      when p.hinted and (i.next_check_ms is not null or coalesce(i.status, p.status) = 'FAILED') then now()
      else now() + i.next_check_ms * interval '1 millisecond' end,
    hinted = p.hinted and (i.next_check_ms is not null or coalesce(i.status, p.status) = 'FAILED'),
    jobs_sequence = p.jobs_sequence + i.jobs,
    events_sequence = p.events_sequence + i.events,
    timeline_count = coalesce(i.link_number, p.timeline_count),
    timeline_head = coalesce(decode(i.link_hash, 'hex'), p.timeline_head),
    hints_told = coalesce(i.hints_told, p.hints_told),
    evidence = coalesce(nullif(i.evidence, 'null'::jsonb), p.evidence),
    resolves_by = now() + i.resolves_ms * interval '1 millisecond',
    updated_at = case
      when i.status is null and i.keep_attempt then p.updated_at
      else coalesce(i.at, now()) end
  from input i
  where p.id = i.payment_id and p.fence = i.fence and p.lease_until is not null
  returning i.*, p.merchant_id, p.key_hash
), linked as (
  insert into payment_timeline (payment_id, number, hash, facts)
  select payment_id, link_number, decode(link_hash, 'hex'), link_facts
  from moved where link_number is not null
), tried as (
  update attempts a set
    outcome = m.outcome,
    reason = m.reason,
    may_have_left = a.may_have_left or m.may_have_left,
    ended_at = coalesce(m.at, now())
  from moved m
  where a.payment_id = m.payment_id and a.number = m.attempt_number and not m.keep_attempt
), answered as (
  update idempotency_keys k set
    answer_status = m.answer_status, answer_type = m.answer_type, answer_body = m.answer_body,
    answered_at = now()
  from moved m
  where m.answer_status is not null and k.merchant_id = m.merchant_id and k.key_hash = m.key_hash
    and k.answered_at is null
), told as (
  insert into outbox (event_id, shard, topic, message_key, value, headers)
  select o.event_id, o.shard, o.topic, o.message_key, o.value, o.headers
  from moved m,
    jsonb_to_recordset(m.messages) as o(
      event_id uuid, shard smallint, topic text, message_key text, value text, headers jsonb)
), posted as (
  insert into ledger_transactions (payment_id, kind)
  select payment_id, posting->>'kind' from moved where jsonb_typeof(posting) = 'object'
  returning id, payment_id
), entered as (
  insert into ledger_entries (transaction_id, line, account, side, amount_minor, currency)
  select t.id, e.line, e.account, e.side, e.amount_minor, e.currency
  from posted t join moved m using (payment_id),
    jsonb_to_recordset(m.posting->'entries') as e(
      line smallint, account text, side text, amount_minor bigint, currency text)
), doubted as (
  insert into discrepancies (payment_id, kind, detail)
  select payment_id, discrepancy->>'kind', discrepancy->>'detail'
  from moved where jsonb_typeof(discrepancy) = 'object'
  on conflict (payment_id, kind) do nothing
)
select n from moved`;

function toRow(move: Move, n: number): Record<string, unknown> {
  const { answer, attempt, messages, posting, link } = move;
  return {
    n,
    payment_id: move.paymentId,
    fence: move.fence.toString(),
    attempt_number: move.attemptNumber,
    status: move.status,
    failure: move.failure,
    keep_attempt: attempt === 'keep',
    outcome: attempt === 'keep' ? null : attempt.outcome,
    reason: attempt === 'keep' ? null : attempt.reason,
    may_have_left: attempt === 'keep' ? false : attempt.mayHaveLeft,
    not_found_count: move.notFoundCount,
    status_queries: move.statusQueries,
    next_check_ms: move.nextCheckInMs,
    answer_status: answer?.status ?? null,
    answer_type: answer?.contentType ?? null,
    answer_body: answer?.body ?? null,
    at: move.at?.toISOString() ?? null,
    jobs: messages.filter(({ topic }) => topic.endsWith('.jobs')).length,
    events: messages.filter(({ topic }) => topic.endsWith('.events')).length,
    messages: messages.map(({ eventId, topic, key, value, headers }) => ({
      event_id: eventId,
      shard: shardOf(key),
      topic,
      message_key: key,
      value,
      headers,
    })),
    posting: posting && {
      kind: posting.kind,
      entries: posting.entries.map((entry, index) => ({
        line: index + 1,
        account: entry.account,
        side: entry.side,
        amount_minor: entry.amountMinor.toString(),
        currency: entry.currency,
      })),
    },
    discrepancy: move.discrepancy,
    link_number: link?.number ?? null,
    link_hash: link?.hash ?? null,
    link_facts: link?.facts ?? null,
    hints_told: move.hintsTold,
    evidence: move.evidence,
    resolves_ms: move.resolvesInMs,
  };
}

/** A client stands for the pool where other writes belong to the same commit. */
export function makeApplyMoves(pool: Pick<pg.Pool, 'query'>): (move: Move) => Promise<MoveResult> {
  return makeBatcher<Move, MoveResult>({
    compare: (a, b) => (a.paymentId < b.paymentId ? -1 : a.paymentId > b.paymentId ? 1 : 0),
    async run(moves) {
      const { rows } = await pool.query<{ n: number }>({
        name: 'apply-moves',
        text: APPLY,
        values: [JSON.stringify(moves.map(toRow))],
      });
      const moved = new Set(rows.map(({ n }) => n));
      return moves.map((_, n) => (moved.has(n) ? 'written' : 'lost'));
    },
  });
}
