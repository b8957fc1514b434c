/** The relay on real Kafka and Postgres. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeKafkaEventBus } from '../../src/adapters/kafka/event-bus.ts';
import { ensureTopics } from '../../src/adapters/kafka/topics.ts';
import { makeOutboxSource } from '../../src/adapters/postgres/outbox-relay.ts';
import { shardOf } from '../../src/adapters/postgres/outbox-shard.ts';
import { MAX_MESSAGE_BYTES } from '../../src/domain/delivery.ts';
import type { EventBus } from '../../src/domain/ports.ts';
import { makeRelay, type Relay } from '../../src/usecases/relay-outbox.ts';
import { eventually } from '../support/eventually.ts';
import { readTopic } from '../support/kafka.ts';
import {
  createDatabase,
  kafkaBrokers,
  randomName,
  recordingLogger,
  recordingMetrics,
  seededRandom,
  systemClock,
} from '../support/messaging.ts';
import { propertySeed } from '../support/seed.ts';

const connection = { brokers: kafkaBrokers(), clientId: 'relay-test' };
const INSERT = `
insert into outbox (event_id, shard, topic, message_key, value)
select * from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[])`;

describe('the relay', { concurrency: 1 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let bus: EventBus;
  let topic: string;
  const relays: Relay[] = [];
  const { metrics, calls } = recordingMetrics();
  const { logger, lines } = recordingLogger();

  before(async () => {
    database = await createDatabase();
    bus = makeKafkaEventBus({ connection, clock: systemClock, logger, metrics });
  });
  after(async () => {
    await bus.close();
    await database.drop();
  });

  const stopAll = () => Promise.all(relays.splice(0).map((relay) => relay.close()));
  afterEach(stopAll);

  const freshTopic = async () => {
    await database.pool.query('truncate outbox');
    topic = `${randomName('t')}.payments.events`;
    const plan = { connection, partitions: 4, minReplication: 1, topics: [topic] };
    await ensureTopics({ ...plan, subscriptions: [] });
  };
  const insert = async (
    rows: { key: string; value: string }[],
    client: Queryable = database.pool,
  ) => {
    await client.query(INSERT, [
      rows.map(() => randomUUID()),
      rows.map(({ key }) => shardOf(key)),
      rows.map(() => topic),
      rows.map(({ key }) => key),
      rows.map(({ value }) => value),
    ]);
  };
  const start = (over: { bus?: Pick<EventBus, 'publish'>; batch?: number } = {}) => {
    const outbox = makeOutboxSource(database.pool);
    const relay = makeRelay({ outbox, bus, clock: systemClock, logger, metrics, ...over });
    relay.start();
    relays.push(relay);
    return relay;
  };
  const pending = async () => {
    const sql = 'select count(*)::integer as n from outbox where published_at is null';
    return (await database.pool.query<{ n: number }>(sql)).rows[0]?.n;
  };
  const values = async () => (await readTopic(connection.brokers, topic)).map(({ value }) => value);

  test('publishes what is committed, marks it, and reports the backlog', async () => {
    await freshTopic();
    await insert([
      { key: 'a', value: 'one' },
      { key: 'a', value: 'two' },
    ]);
    start();
    await eventually(async () => assert.equal(await pending(), 0));
    await stopAll();
    assert.deepEqual(await values(), ['one', 'two']);
    assert.ok(calls.some(([name]) => name === 'outbox'));
    assert.ok(calls.some(([name, on]) => name === 'eventsPublished' && on === topic));
  });

  test('KAF-2 a relay killed between ack and mark leaves a duplicate and never a gap', async () => {
    await freshTopic();
    await insert([
      { key: 'a', value: 'one' },
      { key: 'a', value: 'two' },
    ]);
    const script = fileURLToPath(new URL('../support/relay-process.ts', import.meta.url));
    const args = [script, database.url, connection.brokers.join(), 'between-ack-and-mark'];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');
    assert.equal(await pending(), 2);
    start();
    await eventually(async () => assert.equal(await pending(), 0));
    await stopAll();
    assert.deepEqual(await values(), ['one', 'two', 'one', 'two']);
  });

  test('KAF-3 a row that commits after a later one is published too', async () => {
    await freshTopic();
    start();
    const slow = await database.pool.connect();
    await slow.query('begin');
    await insert([{ key: 'a', value: 'took the first id' }], slow);
    await insert([{ key: 'a', value: 'took the second id' }]);
    await eventually(async () => assert.equal(await pending(), 0));
    await slow.query('commit');
    slow.release();
    await eventually(async () => assert.equal(await pending(), 0));
    await stopAll();
    assert.deepEqual(await values(), ['took the second id', 'took the first id']);
  });

  test('KAF-4 keys keep their order with three relays that keep dying', async (t) => {
    await freshTopic();
    const random = seededRandom(propertySeed(t));
    const [keys, perKey] = [100, 50];
    const dying = (): Pick<EventBus, 'publish'> => ({
      async publish(messages) {
        await bus.publish(messages);
        if (random() < 0.1) throw new Error('the relay died between ack and mark');
      },
    });
    for (let i = 0; i < 3; i++) start({ bus: dying(), batch: 100 });
    for (let n = 1; n <= perKey; n++) {
      await insert(
        Array.from({ length: keys }, (_, k) => ({ key: `key-${k}`, value: `${k}:${n}` })),
      );
      if (random() < 0.2) await cutRandomRelay(database.pool, random);
    }
    await eventually(async () => assert.equal(await pending(), 0), { timeoutMs: 60_000 });
    await stopAll();
    const highest = new Map<string, number>();
    for (const value of await values()) {
      const [key = '', n] = value.split(':');
      const seen = highest.get(key) ?? 0;
      assert.ok(Number(n) <= seen + 1, `key ${key}: ${n} came after ${seen}`);
      highest.set(key, Math.max(seen, Number(n)));
    }
    assert.equal(highest.size, keys);
    for (const n of highest.values()) assert.equal(n, perKey);
  });

  test('KAF-4 live relays share the shards; a dead one leaves its own to the others', async () => {
    const first = await open();
    assert.equal((await first.shareShards()).length, 16);
    const second = await open();
    assert.equal((await second.shareShards()).length, 0);
    const kept = await first.shareShards();
    const taken = await second.shareShards();
    assert.deepEqual(
      [...kept, ...taken].sort((a, b) => a - b),
      [...Array(16).keys()],
    );
    assert.equal(kept.length, 8);
    await first.close();
    await eventually(async () => assert.equal((await second.shareShards()).length, 16));
    await second.close();
  });

  test('KAF-5 an idle relay looks again within the poll interval', async () => {
    await freshTopic();
    const slept: number[] = [];
    const clock = {
      ...systemClock,
      sleep(ms: number, signal?: AbortSignal) {
        slept.push(ms);
        return systemClock.sleep(ms, signal);
      },
    };
    const outbox = makeOutboxSource(database.pool);
    const relay = makeRelay({ outbox, bus, clock, logger, metrics });
    relay.start();
    await eventually(() => assert.ok(slept.length > 6));
    await insert([{ key: 'a', value: 'hello' }]);
    await eventually(async () => assert.equal(await pending(), 0));
    await relay.close();
    assert.ok(Math.max(...slept) <= 250, `slept ${Math.max(...slept)} ms`);
  });

  test('KAF-13 rows wait while the brokers are away, then go in order', async () => {
    await freshTopic();
    let away = true;
    const flaky = {
      async publish(messages: Parameters<EventBus['publish']>[0]) {
        if (away) throw new Error('no broker answers');
        await bus.publish(messages);
      },
    };
    await insert(Array.from({ length: 20 }, (_, n) => ({ key: 'a', value: String(n) })));
    start({ bus: flaky });
    await eventually(() =>
      assert.ok(lines.some(({ fields }) => /no broker/.test(`${fields.error}`))),
    );
    assert.equal(await pending(), 20);
    away = false;
    await eventually(async () => assert.equal(await pending(), 0));
    await stopAll();
    assert.deepEqual(
      await values(),
      Array.from({ length: 20 }, (_, n) => String(n)),
    );
  });

  test('a row that no broker takes does not hold up its shard', async () => {
    await freshTopic();
    const rows = ['one', 'x'.repeat(MAX_MESSAGE_BYTES + 1), 'two'];
    await insert(rows.map((value) => ({ key: 'a', value })));
    start();
    await eventually(async () => assert.equal(await pending(), 0));
    await stopAll();
    assert.deepEqual(await values(), ['one', 'two']);
    const [dead] = await readTopic(connection.brokers, `${topic}.dlq`);
    assert.equal(dead?.headers.error_class, 'too-large');
    assert.equal(dead?.headers.origin_topic, topic);
    assert.ok(calls.some(([name, on]) => name === 'deadLetter' && on === `${topic}.dlq`));
  });

  test('close finishes the batch in hand', async () => {
    await freshTopic();
    await insert([{ key: 'a', value: 'one' }]);
    const { promise: begun, resolve: onBegun } = Promise.withResolvers<void>();
    const slow = {
      async publish(messages: Parameters<EventBus['publish']>[0]) {
        onBegun();
        await systemClock.sleep(200);
        await bus.publish(messages);
      },
    };
    const relay = start({ bus: slow });
    await begun;
    await relay.close();
    assert.equal(await pending(), 0);
    assert.deepEqual(await values(), ['one']);
  });

  const open = () => makeOutboxSource(database.pool).open();
});

type Queryable = { query(text: string, values: unknown[]): Promise<unknown> };

/** Ends the connection of one relay: its locks are gone, whatever it is doing. */
async function cutRandomRelay(pool: Queryable & { query: unknown }, random: () => number) {
  const sql = `
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and objid = 1000 and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())
    order by pid offset $1 limit 1`;
  await pool.query(sql, [Math.floor(random() * 3)]);
}
