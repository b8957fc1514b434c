/** One suite for every EventBus. What it says, Kafka and the embedded bus both keep. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeEmbeddedEventBus } from '../../src/adapters/embedded-bus/event-bus.ts';
import { makeKafkaEventBus } from '../../src/adapters/kafka/event-bus.ts';
import { ensureTopics } from '../../src/adapters/kafka/topics.ts';
import { MAX_MESSAGE_BYTES, MessageRefused } from '../../src/domain/delivery.ts';
import type { InboundMessage, OutboundMessage } from '../../src/domain/event.ts';
import type { EventBus, Verdict } from '../../src/domain/ports.ts';
import { eventually } from '../support/eventually.ts';
import { readTopic } from '../support/kafka.ts';
import {
  createDatabase,
  kafkaBrokers,
  randomName,
  recordingLogger,
  recordingMetrics,
  systemClock,
} from '../support/messaging.ts';

interface Harness {
  /** A bus as one process has it. */
  make(): EventBus;
  /** A topic that exists and is empty; `group` has its retry tiers and dead letters. */
  topic(kind: 'jobs' | 'events', groups: string[]): Promise<string>;
  /** What lies in a topic, read without the bus. */
  contents(topic: string): Promise<{ value: string; headers: Record<string, string> }[]>;
  stop(): Promise<void>;
}

/** Short enough for a test, long enough to be seen; the names are the real ones. */
const TIERS = [
  { suffix: 'retry.5s', delayMs: 150 },
  { suffix: 'retry.1m', delayMs: 300 },
  { suffix: 'retry.10m', delayMs: 450 },
];
const TIMING = { sessionMs: 6_000, heartbeatMs: 200, drainMs: 3_000 };
const DONE: Verdict = { kind: 'done' };

const deps = () => ({
  clock: systemClock,
  logger: recordingLogger().logger,
  metrics: recordingMetrics().metrics,
  tiers: TIERS,
});

async function kafka(): Promise<Harness> {
  const connection = { brokers: kafkaBrokers(), clientId: 'contract' };
  const buses: EventBus[] = [];
  return {
    make() {
      const bus = makeKafkaEventBus({ ...deps(), connection, timing: TIMING });
      buses.push(bus);
      return bus;
    },
    async topic(kind, groups) {
      const topic = `${randomName('t')}.payments.${kind}`;
      const subscriptions = groups.map((group) => ({ topic, group }));
      const plan = { connection, partitions: 3, minReplication: 1, topics: [topic] };
      await ensureTopics({ ...plan, subscriptions });
      return topic;
    },
    contents: (topic) => readTopic(connection.brokers, topic),
    async stop() {
      await Promise.all(buses.map((bus) => bus.close()));
    },
  };
}

async function embedded(): Promise<Harness> {
  const database = await createDatabase();
  const buses: EventBus[] = [];
  return {
    make() {
      const bus = makeEmbeddedEventBus({ ...deps(), pool: database.pool });
      buses.push(bus);
      return bus;
    },
    topic: async (kind) => `${randomName('t')}.payments.${kind}`,
    async contents(topic) {
      const sql = 'select value, headers from bus_messages where topic = $1 order by id';
      return (await database.pool.query(sql, [topic])).rows;
    },
    async stop() {
      await Promise.all(buses.map((bus) => bus.close()));
      await database.drop();
    },
  };
}

const message = (topic: string, key: string, value: string): OutboundMessage => ({
  topic,
  key,
  value,
  headers: { 'content-type': 'application/cloudevents+json' },
});

/** Keeps what a handler saw, and answers with what `decide` says. */
function collector(decide: (message: InboundMessage) => Verdict = () => DONE) {
  const seen: InboundMessage[] = [];
  const handle = async (messages: InboundMessage[]) => {
    seen.push(...messages);
    return messages.map(decide);
  };
  return { seen, handle, values: () => seen.map(({ value }) => value) };
}

for (const [name, start] of [
  ['Kafka', kafka],
  ['the embedded bus', embedded],
] as const) {
  describe(`EventBus on ${name}`, { concurrency: 1 }, () => {
    let harness: Harness;
    before(async () => {
      harness = await start();
    });
    after(() => harness.stop());

    test('delivers key, value and headers, also what was published before the group existed', async () => {
      const topic = await harness.topic('jobs', ['g1']);
      const bus = harness.make();
      const { seen, handle } = collector();
      await bus.publish([message(topic, 'key-1', '{"n":1}')]);
      const running = await bus.subscribe({ group: `g1.${topic}`, topic, handle });
      await eventually(() => assert.equal(seen.length, 1));
      const [first] = seen;
      assert.equal(first?.key, 'key-1');
      assert.equal(first?.value, '{"n":1}');
      assert.equal(first?.headers['content-type'], 'application/cloudevents+json');
      assert.equal(first?.topic, topic);
      assert.equal(typeof first?.offset, 'bigint');
      await running.close();
    });

    test('keeps the order of each key', async () => {
      const topic = await harness.topic('jobs', ['g']);
      const bus = harness.make();
      const { seen, handle } = collector();
      const running = await bus.subscribe({ group: `g.${topic}`, topic, maxBatch: 17, handle });
      for (let round = 0; round < 10; round++) {
        const batch = Array.from({ length: 60 }, (_, i) =>
          message(topic, `key-${i % 6}`, String(round * 60 + i)),
        );
        await bus.publish(batch);
      }
      await eventually(() => assert.equal(seen.length, 600), { timeoutMs: 20_000 });
      for (let key = 0; key < 6; key++) {
        const numbers = seen.filter((m) => m.key === `key-${key}`).map((m) => Number(m.value));
        assert.deepEqual(
          numbers,
          [...numbers].sort((a, b) => a - b),
        );
      }
      await running.close();
    });

    test('gives every group each message', async () => {
      const topic = await harness.topic('events', [`a`, `b`]);
      const bus = harness.make();
      const [a, b] = [collector(), collector()];
      await bus.subscribe({ group: 'a', topic, handle: a.handle });
      await bus.subscribe({ group: 'b', topic, handle: b.handle });
      await bus.publish([message(topic, 'k', 'one'), message(topic, 'k', 'two')]);
      await eventually(() =>
        assert.deepEqual(
          [a.values(), b.values()],
          [
            ['one', 'two'],
            ['one', 'two'],
          ],
        ),
      );
      await bus.close();
    });

    test('KAF-6 goes on after the committed offset, and gives uncommitted messages again', async () => {
      const topic = await harness.topic('jobs', ['g']);
      const group = `g.${topic}`;
      const first = harness.make();
      const done = collector();
      await first.subscribe({ group, topic, handle: done.handle });
      await first.publish([message(topic, 'k', 'one')]);
      await eventually(() => assert.deepEqual(done.values(), ['one']));
      await first.close();

      const second = harness.make();
      let tries = 0;
      const failing = await second.subscribe({
        group,
        topic,
        async handle() {
          tries++;
          throw new Error('the database is down');
        },
      });
      await second.publish([message(topic, 'k', 'two')]);
      await eventually(() => assert.ok(tries >= 2, 'the batch comes again by itself'));
      await failing.close();
      await second.close();

      const third = harness.make();
      const rest = collector();
      await third.subscribe({ group, topic, handle: rest.handle });
      await eventually(() => assert.deepEqual(rest.values(), ['two']));
      await third.close();
    });

    test('a handler that throws loses nothing and puts nothing aside', async () => {
      const topic = await harness.topic('jobs', ['g']);
      const bus = harness.make();
      const seen: (string | null)[] = [];
      let down = true;
      await bus.subscribe({
        group: `g.${topic}`,
        topic,
        async handle(messages) {
          if (down) throw new Error('the database is down');
          seen.push(...messages.map(({ value }) => value));
          return messages.map(() => DONE);
        },
      });
      await bus.publish(['one', 'two', 'three'].map((value) => message(topic, 'k', value)));
      setTimeout(() => {
        down = false;
      }, 500);
      await eventually(() => assert.deepEqual(seen, ['one', 'two', 'three']));
      await bus.close();
    });

    test('KAF-9 retries through the tiers when due, at most 5 times, then the dead letters', async () => {
      const topic = await harness.topic('jobs', ['g']);
      const bus = harness.make();
      const bad = collector(({ value }) =>
        value === 'bad' ? { kind: 'retry', errorClass: 'gap' } : DONE,
      );
      const times: number[] = [];
      await bus.subscribe({
        group: `g.${topic}`,
        topic,
        async handle(messages) {
          if (messages.some(({ value }) => value === 'bad')) times.push(Date.now());
          return bad.handle(messages);
        },
      });
      await bus.publish([message(topic, 'k', 'bad'), message(topic, 'k', 'good')]);
      await eventually(() => assert.equal(times.length, 5), { timeoutMs: 20_000 });
      const dead = await eventually(async () => {
        const found = await harness.contents(`${topic}.dlq`);
        assert.equal(found.length, 1);
        return found;
      });

      assert.equal(bad.values().filter((value) => value === 'good').length, 1);
      const topics = bad.seen.filter(({ value }) => value === 'bad').map((one) => one.topic);
      const [five, minute, ten] = TIERS.map(({ suffix }) => `${topic}.${suffix}`);
      assert.deepEqual(topics, [topic, five, minute, ten, ten]);
      const gaps = times.slice(1).map((at, i) => at - (times[i] as number));
      for (const [i, delayMs] of [150, 300, 450, 450].entries()) {
        assert.ok((gaps[i] as number) >= delayMs - 5, `try ${i + 2} came after ${gaps[i]} ms`);
      }
      const headers = dead[0]?.headers ?? {};
      assert.equal(headers.attempt, '5');
      assert.equal(headers.error_class, 'gap');
      assert.equal(headers.origin_topic, topic);
      assert.match(headers.origin_partition ?? '', /^\d+$/);
      assert.match(headers.origin_offset ?? '', /^\d+$/);
      assert.ok(Date.parse(headers.first_failed_at ?? '') <= (times[1] as number));
      assert.equal(headers['content-type'], 'application/cloudevents+json');
      assert.equal(headers.due_at, undefined);
      await bus.close();
    });

    test('KAF-9 messages that wait in a tier do not hold up the topic', async () => {
      const topic = await harness.topic('jobs', ['g']);
      const bus = harness.make();
      const { handle, values } = collector(({ value }) =>
        Number(value) % 10 === 0 ? { kind: 'retry', errorClass: 'flaky' } : DONE,
      );
      await bus.subscribe({ group: `g.${topic}`, topic, handle });
      const numbers = Array.from({ length: 200 }, (_, i) => String(i));
      await bus.publish(numbers.map((value) => message(topic, `k${value}`, value)));
      await eventually(() => assert.equal(new Set(values()).size, 200));
      await bus.close();
    });

    test('KAF-8 poison goes to the dead letters at first sight, and the rest goes on', async () => {
      const topic = await harness.topic('events', ['g']);
      const bus = harness.make();
      const { handle, values } = collector(({ value }) =>
        value === '{bad json' ? { kind: 'dead', errorClass: 'json-invalid' } : DONE,
      );
      await bus.subscribe({ group: 'g', topic, handle });
      const sent = ['one', '', '{bad json', 'two'];
      await bus.publish(sent.map((value) => message(topic, 'k', value)));
      await eventually(() => assert.deepEqual(values(), ['one', '{bad json', 'two']));
      await eventually(async () => {
        const dead = await harness.contents(`${topic}.g.dlq`);
        const why = dead.map(({ value, headers }) => [value, headers.error_class]);
        assert.deepEqual(why, [
          ['', 'empty-value'],
          ['{bad json', 'json-invalid'],
        ]);
      });
      await bus.close();
    });

    test('KAF-8 a message above the limit is refused by name, and nothing of its batch is sent', async () => {
      const topic = await harness.topic('jobs', ['g']);
      const bus = harness.make();
      const batch = [
        message(topic, 'k', 'x'),
        message(topic, 'k', 'y'.repeat(MAX_MESSAGE_BYTES + 1)),
      ];
      await assert.rejects(bus.publish(batch), (error) => {
        assert.ok(error instanceof MessageRefused);
        assert.deepEqual([error.index, error.errorClass], [1, 'too-large']);
        return true;
      });
      await bus.close();
    });

    test('a batch larger than one request arrives whole and in order', async () => {
      const topic = await harness.topic('jobs', ['g']);
      const bus = harness.make();
      const { handle, seen } = collector();
      await bus.subscribe({ group: `g.${topic}`, topic, handle });
      const padding = 'x'.repeat(400_000);
      await bus.publish([0, 1, 2, 3, 4].map((n) => message(topic, 'k', `${n}${padding}`)));
      await eventually(() => assert.equal(seen.length, 5), { timeoutMs: 20_000 });
      assert.deepEqual(
        seen.map(({ value }) => value?.[0]),
        ['0', '1', '2', '3', '4'],
      );
      await bus.close();
    });

    test('KAF-12 close waits for the batch in hand and commits it', async () => {
      const topic = await harness.topic('jobs', ['g']);
      const group = `g.${topic}`;
      const first = harness.make();
      const { promise: begun, resolve: onBegun } = Promise.withResolvers<void>();
      let finished = false;
      const running = await first.subscribe({
        group,
        topic,
        async handle(messages) {
          onBegun();
          await systemClock.sleep(400);
          finished = true;
          return messages.map(() => DONE);
        },
      });
      await first.publish([message(topic, 'k', 'one')]);
      await begun;
      await running.close();
      assert.ok(finished);
      await first.close();

      const second = harness.make();
      const { handle, values } = collector();
      await second.subscribe({ group, topic, handle });
      await second.publish([message(topic, 'k', 'two')]);
      await eventually(() => assert.deepEqual(values(), ['two']));
      await second.close();
    });

    test('KAF-12 rolling restarts lose nothing', async () => {
      const topic = await harness.topic('jobs', ['g']);
      const group = `g.${topic}`;
      const seen = new Map<string, number>();
      const member = async () => {
        const bus = harness.make();
        await bus.subscribe({
          group,
          topic,
          async handle(messages) {
            await systemClock.sleep(5);
            for (const { value } of messages)
              seen.set(value ?? '', (seen.get(value ?? '') ?? 0) + 1);
            return messages.map(() => DONE);
          },
        });
        return bus;
      };
      const publisher = harness.make();
      let members = [await member(), await member()];
      for (let round = 0; round < 4; round++) {
        const batch = Array.from({ length: 50 }, (_, i) =>
          message(topic, `k${i}`, `${round}-${i}`),
        );
        await publisher.publish(batch);
        const [oldest, ...rest] = members;
        const [, next] = await Promise.all([oldest?.close(), member()]);
        members = [...rest, next];
      }
      await eventually(() => assert.equal(seen.size, 200), { timeoutMs: 30_000 });
      await Promise.all([...members, publisher].map((bus) => bus.close()));
    });
  });
}
