import type pg from 'pg';
import type { PaymentStore } from '../../domain/store.ts';
import { toStoreError } from './errors.ts';

/**
 * The effect of a job and the mark that it was processed, in one commit: an event that is known changes
 * nothing. The job only brings the next status query forward, and never while a lease lives. Payments are found by
 * id alone: with any other condition the planner may read all that meet it.
 */
const PROCESS = `
with input as (
  select * from jsonb_to_recordset($2::jsonb) as i(event_id uuid, payment_id text, check_ms float8)
), fresh as (
  insert into processed_events (consumer, event_id)
  select distinct $1, event_id from input order by 2
  on conflict do nothing
  returning event_id
), locked as (
  -- In one order, as the fenced writes take them: or two batches could wait for each other.
  select p.id from payments p join input i on i.payment_id = p.id join fresh using (event_id)
  order by p.id for update of p
), moved as (
  update payments p set next_check_at = case
    when p.next_check_at is not null and p.status in ('ACCEPTED', 'UNKNOWN') then least(
      p.next_check_at,
      greatest(p.updated_at + i.check_ms * interval '1 millisecond', p.lease_until))
    else p.next_check_at end
  from input i join fresh using (event_id) join locked on locked.id = i.payment_id
  where p.id = i.payment_id
)
select event_id from fresh`;

export function makeProcessJobs(pool: pg.Pool): PaymentStore['processJobs'] {
  return async (consumer, jobs) => {
    const rows = jobs.map(({ eventId, paymentId, checkInMs }) => ({
      event_id: eventId,
      payment_id: paymentId,
      check_ms: checkInMs,
    }));
    try {
      const result = await pool.query<{ event_id: string }>({
        name: 'process-jobs',
        text: PROCESS,
        values: [consumer, JSON.stringify(rows)],
      });
      const fresh = new Set(result.rows.map(({ event_id }) => event_id));
      return jobs.map(({ eventId }) => fresh.has(eventId));
    } catch (error) {
      throw toStoreError(error);
    }
  };
}
