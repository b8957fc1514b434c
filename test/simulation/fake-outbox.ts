/** The outbox in memory: shards, their locks, and sessions that the server ends. */
import { OUTBOX_SHARDS } from '../../src/domain/event.ts';
import type { OutboxSession, OutboxSource } from '../../src/domain/outbox.ts';
import type { OutboxRecord, Tables } from './tables.ts';
import type { Wire } from './wire.ts';

/** One server for all relays: who holds which shard. */
export interface ShardLocks {
  holders: (object | null)[];
  sessions: Set<object>;
}

export const makeShardLocks = (): ShardLocks => ({
  holders: Array.from({ length: OUTBOX_SHARDS }, () => null),
  sessions: new Set(),
});

export interface FakeOutbox extends OutboxSource {
  /** The server ends the session: the process died, or said nothing for too long. */
  endSessions(): void;
}

export function makeFakeOutbox(tables: Tables, locks: ShardLocks, wire: Wire): FakeOutbox {
  const own = new Set<object>();
  return {
    async open() {
      await wire.call('opens the outbox', () => undefined);
      // A connection that its process never heard of is closed by the server at once.
      const session = {};
      own.add(session);
      locks.sessions.add(session);
      return makeSession(tables, locks, session, wire);
    },
    endSessions() {
      for (const session of own) end(locks, session);
      own.clear();
    },
  };
}

function end({ holders, sessions }: ShardLocks, session: object): void {
  sessions.delete(session);
  holders.forEach((holder, shard) => {
    if (holder === session) holders[shard] = null;
  });
}

function makeSession(
  tables: Tables,
  locks: ShardLocks,
  session: object,
  wire: Wire,
): OutboxSession {
  const { holders, sessions } = locks;
  const heldShards = () => holders.flatMap((holder, shard) => (holder === session ? [shard] : []));
  const ask = <T>(what: string, effect: () => T) =>
    wire.call(what, () => {
      if (!sessions.has(session)) throw new Error('the session was ended');
      return effect();
    });
  return {
    shareShards: () =>
      ask('shares shards', () => {
        const fair = Math.ceil(OUTBOX_SHARDS / sessions.size);
        for (const shard of heldShards().slice(fair)) holders[shard] = null;
        let held = heldShards().length;
        for (let shard = 0; shard < OUTBOX_SHARDS && held < fair; shard += 1) {
          if (holders[shard] !== null) continue;
          holders[shard] = session;
          held += 1;
        }
        return heldShards();
      }),
    unpublished: (limit) =>
      ask('reads the outbox', () => {
        const waits = ({ shard, published }: OutboxRecord) =>
          !published && holders[shard] === session;
        const rows = tables.outbox.filter(waits).sort((a, b) => (a.id < b.id ? -1 : 1));
        return rows.slice(0, limit).map(({ id, eventId, message }) => ({ id, eventId, message }));
      }),
    markPublished: (ids) =>
      ask('marks as published', () => {
        for (const row of tables.outbox) if (ids.includes(row.id)) row.published = true;
      }),
    backlog: async () => ({
      pending: tables.outbox.filter(({ published }) => !published).length,
      oldestSeconds: 0,
    }),
    async close() {
      end(locks, session);
    },
  };
}
