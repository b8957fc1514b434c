import type pg from 'pg';
import type { Deed } from '../../domain/review.ts';

const PROCESSED = `
select event_id::text as event_id from processed_events
where consumer = $1 and event_id = any($2::uuid[])`;

const REPLAYS = `
select distinct on (subject) subject, actor, at from audit_log
where subject = any($1::text[]) and action = 'dlq.replay' order by subject, id desc`;

const AUDIT = `
insert into audit_log (actor, action, subject, detail) values ($1, $2, $3, $4)`;

/** An event's id may be anything; only a UUID can have been processed. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function makeReplayRecords(pool: pg.Pool) {
  return {
    async processed(consumer: string, eventIds: string[]): Promise<ReadonlySet<string>> {
      const ids = eventIds.filter((id) => UUID.test(id));
      const { rows } = await pool.query<{ event_id: string }>(PROCESSED, [consumer, ids]);
      return new Set(rows.map(({ event_id }) => event_id));
    },
    async replays(ids: string[]): Promise<ReadonlyMap<string, { by: string; at: Date }>> {
      const { rows } = await pool.query<{ subject: string; actor: string; at: Date }>(REPLAYS, [
        ids,
      ]);
      return new Map(rows.map(({ subject, actor, at }) => [subject, { by: actor, at }]));
    },
    async audit(
      action: string,
      subject: string,
      { by, reason, via }: Deed,
      detail: Record<string, unknown>,
    ): Promise<void> {
      await pool.query(AUDIT, [by, action, subject, JSON.stringify({ reason, via, ...detail })]);
    },
  };
}
