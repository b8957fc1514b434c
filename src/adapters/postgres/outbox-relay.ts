import type pg from 'pg';
import { OUTBOX_SHARDS } from '../../domain/event.ts';
import type { OutboxRow, OutboxSession, OutboxSource } from '../../domain/outbox.ts';

/**
 * First key of the relay's advisory locks; the second is the shard, or this for "a relay is alive".
 */
const LOCK_SPACE = 0x6f75_7462;
const ALIVE_KEY = 1_000;

/**
 * A relay that is stopped or cut off must not keep its shards: the server ends a session that asks
 * nothing for this long (a live relay asks four times a second) and notices a dead peer about as
 * quickly.
 */
const IDLE_SESSION_MS = 15_000;
const SESSION_SETTINGS = `
  set idle_session_timeout = ${IDLE_SESSION_MS};
  set tcp_keepalives_idle = 5;
  set tcp_keepalives_interval = 5;
  set tcp_keepalives_count = 2`;

const LIVE_RELAYS = `
select count(distinct pid)::integer as relays from pg_locks
where locktype = 'advisory' and granted and classid = $1 and objid = $2 and objsubid = 2
  and database = (select oid from pg_database where datname = current_database())`;

/**
 * Each shard is read along its own index range, so that a long backlog costs no sort of all of it;
 * then the shards take turns, so that a busy one cannot starve the others.
 */
const UNPUBLISHED = `
with turn as (
  select held.shard, o.id, row_number() over (partition by held.shard order by o.id) as n
  from unnest($1::smallint[]) as held (shard)
  cross join lateral (
    select id from outbox
    where shard = held.shard and published_at is null
    order by id limit $2
  ) o
), batch as (select id, shard, n from turn order by n, shard limit $2)
select o.id::text, o.event_id, o.topic, o.message_key, o.value, o.headers
from batch b join outbox o using (id)
order by b.n, b.shard`;

/** By the primary key: a condition on `published_at` would lead the planner to the index of all that waits. */
const MARK = `
update outbox set published_at = coalesce(published_at, now()) where id = any($1::bigint[])`;

/**
 * The count stops here: past it the figure only says "very many", and an exact one would cost a
 * scan.
 */
const BACKLOG_COUNT_LIMIT = 100_000;
const BACKLOG = `
select
  (select count(*)::integer from (
    select from outbox where published_at is null limit ${BACKLOG_COUNT_LIMIT}) as counted
  ) as pending,
  (select coalesce(extract(epoch from now() - min(first.created_at)), 0)::float8
   from generate_series(0, ${OUTBOX_SHARDS - 1}) as s (shard)
   cross join lateral (
     select created_at from outbox
     where shard = s.shard and published_at is null order by id limit 1) first) as oldest`;

/**
 * The outbox for relays. Locks, reads and marks share one connection, so that a relay that has lost
 * its locks cannot read or mark either. The connection stays out of the pool for as long as the
 * session lives.
 */
export function makeOutboxSource(pool: pg.Pool): OutboxSource {
  return {
    async open() {
      const client = await pool.connect();
      // The next query rejects; without a listener the error would end the process first.
      client.on('error', () => {});
      try {
        await client.query(SESSION_SETTINGS);
        await client.query('select pg_advisory_lock_shared($1, $2)', [LOCK_SPACE, ALIVE_KEY]);
        return makeSession(client);
      } catch (error) {
        client.release(true);
        throw error;
      }
    },
  };
}

function makeSession(client: pg.PoolClient): OutboxSession {
  const held = new Set<number>();
  let closed = false;
  return {
    async shareShards() {
      await share(client, held);
      return [...held];
    },
    async unpublished(limit) {
      const result = await client.query<OutboxRecord>({
        name: 'relay-unpublished',
        text: UNPUBLISHED,
        values: [[...held], limit],
      });
      return result.rows.map(toRow);
    },
    async markPublished(ids) {
      if (ids.length === 0) return;
      await client.query({ name: 'relay-mark', text: MARK, values: [ids.map(String)] });
    },
    async backlog() {
      const result = await client.query<{ pending: number; oldest: number }>(BACKLOG);
      const { pending = 0, oldest = 0 } = result.rows[0] ?? {};
      return { pending, oldestSeconds: oldest };
    },
    async close() {
      if (closed) return;
      closed = true;
      // Ending the connection is what gives every lock back, whatever state it is in.
      client.release(true);
    },
  };
}

/** A fair share is the shards divided by the live relays, rounded up; surplus goes back at once. */
async function share(client: pg.PoolClient, held: Set<number>): Promise<void> {
  const counted = await client.query<{ relays: number }>(LIVE_RELAYS, [LOCK_SPACE, ALIVE_KEY]);
  const fair = Math.ceil(OUTBOX_SHARDS / Math.max(1, counted.rows[0]?.relays ?? 1));
  for (const shard of [...held].slice(fair)) {
    await client.query('select pg_advisory_unlock($1, $2)', [LOCK_SPACE, shard]);
    held.delete(shard);
  }
  for (let shard = 0; shard < OUTBOX_SHARDS && held.size < fair; shard++) {
    if (held.has(shard)) continue;
    const tried = await client.query<{ got: boolean }>(
      'select pg_try_advisory_lock($1, $2) as got',
      [LOCK_SPACE, shard],
    );
    if (tried.rows[0]?.got) held.add(shard);
  }
}

interface OutboxRecord {
  id: string;
  event_id: string;
  topic: string;
  message_key: string;
  value: string;
  headers: Record<string, string>;
}

function toRow(record: OutboxRecord): OutboxRow {
  const { id, event_id: eventId, topic, message_key: key, value, headers } = record;
  return { id: BigInt(id), eventId, message: { topic, key, value, headers } };
}
