import type { Attempt } from '../../domain/payment.ts';
import type { Handover, HeldPayment, Redispatch, Route } from '../../domain/store.ts';
import { HELD_COLUMNS, type HeldRow, toHeld } from './payment-rows.ts';
import type { Query } from './timeline.ts';

/** Another provider only while no request of any attempt may have left; by the timeline's count no view is too old. */
const MAY_GO_THERE = `timeline_count = $8 - 1 and (
    (provider = $11 and market = $12)
    or not exists (select from attempts a where a.payment_id = $1 and a.may_have_left))`;

/** The count of "not found" and its grace start again with each dispatch, wherever it goes. */
const TAKE = `
  update payments set
    fence = fence + 1, lease_until = now() + $3 * interval '1 millisecond',
    grace_until = now() + ($3 + $4) * interval '1 millisecond', dispatched_at = now(),
    next_check_at = now() + $3 * interval '1 millisecond',
    attempt_outcome = null, not_found_count = 0, status_queries = 0, hinted = false,
    request_id = $5, traceparent = $6, evidence = '[]',
    resolves_by = now() + $7 * interval '1 millisecond', timeline_count = $8, timeline_head = decode($9, 'hex'),
    provider = $11, market = $12, attempt_number = coalesce(
      (select a.number from attempts a where a.payment_id = $1 and a.provider = $11 and a.market = $12),
      (select max(a.number) + 1 from attempts a where a.payment_id = $1))
  where id = $1 and fence = $2 and status = 'RECEIVED' and ${MAY_GO_THERE}`;

const LINK = `
  insert into payment_timeline (payment_id, number, hash, facts)
  select id, timeline_count, timeline_head, $10 from p`;

/** One row for each provider: on the way back its reference stays the stored one. */
const TRY = `
  insert into attempts (payment_id, number, provider, market, provider_reference)
  select id, attempt_number, provider, market, $13 from p
  on conflict (payment_id, number) do update set
    outcome = null, reason = null, started_at = now(), ended_at = null`;

const REDRIVE = `
with p as (${TAKE}
    and attempt_outcome = 'not_taken' and coalesce(lease_until <= now(), true)
  returning *
), linked as (${LINK}
), tried as (${TRY}
)
select ${HELD_COLUMNS} from p`;

/** The dispatch that ends is the open one of the payment; its fence writes once, as that of any outcome. */
const HAND_OVER = `
with p as (${TAKE}
    and attempt_outcome is null and lease_until is not null and not (provider = $11 and market = $12)
  returning *
), linked as (${LINK}
), ended as (
  update attempts a set outcome = 'not_taken', reason = $14, ended_at = $15
  from p where a.payment_id = p.id and a.number <> p.attempt_number and a.outcome is null
), tried as (${TRY}
)
select ${HELD_COLUMNS} from p`;

function valuesOf(paymentId: string, fence: bigint, dispatch: Redispatch): unknown[] {
  const { requestId, traceparent, leaseMs, graceMs, resolvesInMs, link, route } = dispatch;
  return [
    ...[paymentId, fence, leaseMs, graceMs, requestId, traceparent],
    ...[resolvesInMs, link.number, link.hash, link.facts],
    ...[route.provider, route.market, route.providerReference],
  ];
}

/** The statement's snapshot still shows the attempts as they were before; this is how they stand now. */
function afterwards(row: HeldRow, route: Route, ended?: Handover['ended']): HeldPayment {
  const held = toHeld(row);
  const { payment, heldAt: startedAt } = held;
  const isThere = (one: Attempt) => one.provider === route.provider && one.market === route.market;
  const open = { outcome: null, reason: null, startedAt, endedAt: null };
  const attempts = payment.attempts.map((one) => {
    if (isThere(one)) return { ...one, ...open };
    if (ended === undefined || one.outcome !== null) return one;
    return { ...one, outcome: 'not_taken' as const, reason: ended.reason, endedAt: ended.at };
  });
  if (!attempts.some(isThere)) attempts.push({ number: attempts.length + 1, ...route, ...open });
  return { ...held, payment: { ...payment, attempts } };
}

/** Each takes the next fence of a payment for one dispatch more. */
export function makeDispatches(query: Query) {
  return {
    async redrive(paymentId: string, fence: bigint, dispatch: Redispatch) {
      const values = valuesOf(paymentId, fence, dispatch);
      const { rows } = await query<HeldRow>('redrive', REDRIVE, values);
      return rows[0] ? afterwards(rows[0], dispatch.route) : null;
    },
    async handOver(paymentId: string, fence: bigint, handover: Handover) {
      const { reason, at } = handover.ended;
      const values = [...valuesOf(paymentId, fence, handover), reason, at.toISOString()];
      const { rows } = await query<HeldRow>('hand-over', HAND_OVER, values);
      return rows[0] ? afterwards(rows[0], handover.route, handover.ended) : null;
    },
  };
}
