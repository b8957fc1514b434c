import type pg from 'pg';
import type { InboundMessage, OutboundMessage } from '../../domain/event.ts';

/** First key of the advisory locks that publishers take, one per topic. */
const PUBLISH_LOCK_SPACE = 0x6275_7331;

/**
 * Ids are taken before a commit makes them visible. A reader that goes on from the last id it saw
 * would skip a slower publisher's rows: so the publishers to one topic take turns.
 */
const TAKE_TURNS = `
select pg_advisory_xact_lock($1, hashtext(topic))
from (select distinct topic from unnest($2::text[]) as t (topic) order by topic) t`;

const APPEND = `
insert into bus_messages (topic, message_key, value, headers)
select m.topic, m.message_key, m.value, m.headers
from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[])
  with ordinality as m (topic, message_key, value, headers, n)
order by m.n`;

const INTRODUCE = `
insert into bus_offsets (group_name, topic) values ($1, $2) on conflict do nothing`;

const LEASE = `
update bus_offsets set owner = $3, lease_until = now() + $4 * interval '1 millisecond'
where group_name = $1 and topic = $2 and (owner is null or owner = $3 or lease_until < now())
returning next_id::text`;

const READ = `
select m.id::text, m.message_key, m.value, m.headers from bus_messages m
where m.topic = $1 and m.id >= $2 order by m.id limit $3`;

const COMMIT = `
update bus_offsets set next_id = $4
where group_name = $1 and topic = $2 and owner = $3 and lease_until > now()`;

const RELEASE = `
update bus_offsets set owner = null, lease_until = null
where group_name = $1 and topic = $2 and owner = $3`;

/**
 * What every known group has read, an hour later. Topics that nobody reads, dead letters too, are
 * kept.
 */
const PRUNE = `
delete from bus_messages where id in (
  select m.id from bus_messages m
  where m.created_at < now() - interval '1 hour'
    and m.id < (select min(o.next_id) from bus_offsets o where o.topic = m.topic)
  limit 5000)`;

/** One group's place in one topic. */
export interface Place {
  group: string;
  topic: string;
  /** Who reads: a UUID per reader. */
  owner: string;
}

/** A log of messages per topic with a place per group, in Postgres. */
export interface MessageLog {
  append(messages: OutboundMessage[]): Promise<void>;
  /**
   * Takes or renews the lease. The next offset to read, or undefined while another reader holds it.
   */
  lease(place: Place, leaseMs: number): Promise<bigint | undefined>;
  read(topic: string, from: bigint, limit: number): Promise<InboundMessage[]>;
  /** False when the lease was lost: the batch comes again to somebody else. */
  commit(place: Place, next: bigint): Promise<boolean>;
  release(place: Place): Promise<void>;
  prune(): Promise<void>;
}

interface Row {
  id: string;
  message_key: string;
  value: string;
  headers: Record<string, string>;
}

export function makeMessageLog(pool: pg.Pool): MessageLog {
  const keys = ({ group, topic, owner }: Place) => [group, topic, owner];
  return {
    append: (messages) => append(pool, messages),
    async lease(place, leaseMs) {
      await pool.query(INTRODUCE, [place.group, place.topic]);
      const leased = await pool.query<{ next_id: string }>(LEASE, [...keys(place), leaseMs]);
      return leased.rows[0] && BigInt(leased.rows[0].next_id);
    },
    async read(topic, from, limit) {
      const found = await pool.query<Row>(READ, [topic, from.toString(), limit]);
      return found.rows.map(({ id, message_key: key, value, headers }) => {
        return { topic, partition: 0, offset: BigInt(id), key, value, headers };
      });
    },
    async commit(place, next) {
      const moved = await pool.query(COMMIT, [...keys(place), next.toString()]);
      return moved.rowCount === 1;
    },
    async release(place) {
      await pool.query(RELEASE, keys(place));
    },
    async prune() {
      await pool.query(PRUNE);
    },
  };
}

async function append(pool: pg.Pool, messages: OutboundMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const topics = messages.map(({ topic }) => topic);
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query('begin');
    await client.query(TAKE_TURNS, [PUBLISH_LOCK_SPACE, topics]);
    await client.query(APPEND, [
      topics,
      messages.map(({ key }) => key),
      messages.map(({ value }) => value),
      messages.map(({ headers }) => JSON.stringify(headers)),
    ]);
    await client.query('commit');
    broken = false;
  } finally {
    // A connection that failed in a transaction is not worth repairing.
    client.release(broken);
  }
}
