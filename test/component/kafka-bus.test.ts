/** What only real brokers can show; the promises of every bus are in test/contract. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Producer } from '@platformatic/kafka';
import { makeKafkaEventBus } from '../../src/adapters/kafka/event-bus.ts';
import { assertTopics, ensureTopics, topicNames } from '../../src/adapters/kafka/topics.ts';
import type { InboundMessage } from '../../src/domain/event.ts';
import type { EventBus, Verdict } from '../../src/domain/ports.ts';
import { eventually } from '../support/eventually.ts';
import { readTopic, withAdmin } from '../support/kafka.ts';
import {
  kafkaBrokers,
  randomName,
  recordingLogger,
  recordingMetrics,
  systemClock,
} from '../support/messaging.ts';

const connection = { brokers: kafkaBrokers(), clientId: 'bus-test' };
const DONE: Verdict = { kind: 'done' };

function makeBus(over: Partial<Parameters<typeof makeKafkaEventBus>[0]> = {}): EventBus {
  return makeKafkaEventBus({
    connection,
    clock: systemClock,
    logger: recordingLogger().logger,
    metrics: recordingMetrics().metrics,
    timing: { sessionMs: 6_000, heartbeatMs: 200, drainMs: 5_000 },
    ...over,
  });
}

async function freshTopic(partitions = 4) {
  const topic = `${randomName('t')}.payments.jobs`;
  const subscriptions = [{ topic, group: 'g' }];
  await ensureTopics({ connection, partitions, minReplication: 1, topics: [topic], subscriptions });
  return { topic, group: `g.${topic}` };
}

const message = (topic: string, key: string, value: string) => ({ topic, key, value, headers: {} });

describe('topics', () => {
  const plan = (over = {}) => {
    const topic = `${randomName('t')}.payments.events`;
    const subscriptions = [{ topic, group: 'webhooks' }];
    return {
      connection,
      partitions: 2,
      minReplication: 1,
      topics: [topic],
      subscriptions,
      ...over,
    };
  };

  test('KAF-1 many migrations at once create each topic with its tiers', async () => {
    const wanted = plan();
    await Promise.all(Array.from({ length: 6 }, () => ensureTopics(wanted)));
    await assertTopics(wanted);
    const existing = await withAdmin(connection.brokers, (admin) => admin.listTopics());
    const [topic] = wanted.topics;
    const suffixes = ['', '.dlq', '.webhooks.retry.5s', '.webhooks.retry.1m'];
    suffixes.push('.webhooks.retry.10m', '.webhooks.dlq');
    assert.deepEqual(
      topicNames(wanted),
      suffixes.map((suffix) => `${topic}${suffix}`),
    );
    for (const name of topicNames(wanted)) assert.ok(existing.includes(name), name);
  });

  test('KAF-1 the start-up assertion names what is missing or keeps too few copies', async () => {
    const wanted = plan();
    await assert.rejects(assertTopics(wanted), /payments\.events does not exist/);
    await ensureTopics(wanted);
    await assert.rejects(assertTopics({ ...wanted, minReplication: 3 }), /keeps 1 copies, needs 3/);
    await assert.rejects(assertTopics({ ...wanted, partitions: 9 }), /has 2 partitions, needs 9/);
    await assert.rejects(ensureTopics({ ...wanted, minReplication: 3 }), /keeps 1 copies, needs 3/);
  });
});

describe('publishing to Kafka', () => {
  test('KAF-1 rejects within its deadline when no broker listens', async () => {
    const bus = makeBus({ connection: { brokers: ['127.0.0.1:1'], clientId: 'x' } });
    await assert.rejects(bus.publish([message('t', 'k', 'v')]));
    await bus.close();
  });

  test('KAF-1 rejects within its deadline when a broker never answers', async () => {
    const sockets = new Set<import('node:net').Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const bus = makeBus({
      connection: { brokers: [`127.0.0.1:${port}`], clientId: 'x' },
      publishDeadlineMs: 300,
    });
    await assert.rejects(bus.publish([message('t', 'k', 'v')]), /did not answer in time/);
    for (const socket of sockets) socket.destroy();
    silent.close();
    await bus.close();
  });

  test('the same bus publishes again after a failure', async () => {
    const { topic } = await freshTopic();
    const bus = makeBus();
    await assert.rejects(bus.publish([message(`${topic}.none`, 'k', 'v')]), /Unknown topic/);
    await bus.publish([message(topic, 'k', 'v')]);
    const [stored] = await readTopic(connection.brokers, topic);
    assert.equal(stored?.value, 'v');
    await bus.close();
  });
});

describe('consuming from Kafka', { concurrency: 1 }, () => {
  test('KAF-8 a null value and one above 1 MB are dead letters; the lag falls to 0', async () => {
    const topic = `${randomName('t')}.payments.jobs`;
    await withAdmin(connection.brokers, (admin) =>
      admin.createTopics({
        topics: [topic],
        partitions: 1,
        replicas: 1,
        configs: [{ name: 'max.message.bytes', value: '3000000' }],
      }),
    );
    const subscriptions = [{ topic, group: 'g' }];
    await ensureTopics({
      connection,
      partitions: 1,
      minReplication: 1,
      topics: [topic],
      subscriptions,
    });
    const values = [
      Buffer.from('one'),
      undefined,
      Buffer.alloc(1_500_000, 'x'),
      Buffer.from('two'),
    ];
    const producer = new Producer({ clientId: 'foreign', bootstrapBrokers: connection.brokers });
    for (const value of values) {
      await producer.send({ messages: [{ topic, key: Buffer.from('k'), value }], acks: -1 });
    }
    await producer.close();

    const bus = makeBus();
    const seen: (string | null)[] = [];
    await bus.subscribe({
      group: `g.${topic}`,
      topic,
      async handle(messages) {
        seen.push(...messages.map(({ value }) => value));
        return messages.map(() => DONE);
      },
    });
    await eventually(() => assert.deepEqual(seen, ['one', 'two']));
    await bus.close();
    const dead = await readTopic(connection.brokers, `${topic}.dlq`);
    const why = dead.map(({ headers }) => [headers.error_class, headers.origin_offset]);
    assert.deepEqual(why, [
      ['empty-value', '1'],
      ['too-large', '2'],
    ]);
    assert.equal(dead[1]?.headers.dropped_bytes, '1500000');
    assert.deepEqual(await committed(`g.${topic}`, topic), [4n]);
  });

  test('KAF-6 a worker killed between effect and commit: the message comes again', async () => {
    const { topic, group } = await freshTopic(1);
    const bus = makeBus();
    await bus.publish([message(topic, 'k', 'once more')]);
    const script = fileURLToPath(new URL('../support/consumer-process.ts', import.meta.url));
    const args = [script, connection.brokers.join(), topic, group];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const output = child.stdout.setEncoding('utf8').toArray();
    const [, signal] = await once(child, 'exit');
    assert.deepEqual([signal, (await output).join('')], ['SIGKILL', 'once more']);
    const seen: (string | null)[] = [];
    await bus.subscribe({
      group,
      topic,
      async handle(messages) {
        seen.push(...messages.map(({ value }) => value));
        return messages.map(() => DONE);
      },
    });
    await eventually(() => assert.deepEqual(seen, ['once more']), { timeoutMs: 30_000 });
    await bus.close();
  });

  test('KAF-12 a joining member takes over after the batch in hand is committed', async () => {
    const { topic, group } = await freshTopic(4);
    const [first, second, publisher] = [makeBus(), makeBus(), makeBus()];
    const inHand = new Map<string, string>();
    const handledBy = new Map<string, string[]>();
    const slowHandler = (name: string) => async (messages: InboundMessage[]) => {
      for (const { value } of messages) {
        assert.equal(inHand.get(value ?? ''), undefined, `${value} is in two hands`);
        inHand.set(value ?? '', name);
      }
      await systemClock.sleep(100);
      for (const { value } of messages) {
        inHand.delete(value ?? '');
        handledBy.set(value ?? '', [...(handledBy.get(value ?? '') ?? []), name]);
      }
      return messages.map(() => DONE);
    };
    await first.subscribe({ group, topic, maxBatch: 5, handle: slowHandler('first') });
    const batch = Array.from({ length: 300 }, (_, i) => message(topic, `k${i}`, `${i}`));
    await publisher.publish(batch);
    await eventually(() => assert.ok(handledBy.size > 10));
    await second.subscribe({ group, topic, maxBatch: 5, handle: slowHandler('second') });
    await eventually(() => assert.equal(handledBy.size, 300), { timeoutMs: 30_000 });
    const hands = [...handledBy.values()];
    assert.ok(
      hands.every((names) => names.length === 1),
      'nothing was handled twice',
    );
    assert.ok(
      hands.some(([name]) => name === 'second'),
      'the second member got its share',
    );
    await Promise.all([first, second, publisher].map((bus) => bus.close()));
  });

  test('KAF-12 a batch that outlives the drain comes again to its new owner', async () => {
    const { topic, group } = await freshTopic(1);
    const timing = { sessionMs: 6_000, heartbeatMs: 200, drainMs: 300 };
    const first = makeBus({ timing });
    const { promise: begun, resolve: onBegun } = Promise.withResolvers<void>();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const running = await first.subscribe({
      group,
      topic,
      async handle(messages) {
        onBegun();
        await held;
        return messages.map(() => DONE);
      },
    });
    await first.publish([message(topic, 'k', 'slow')]);
    await begun;
    await running.close();
    const seen: (string | null)[] = [];
    const second = makeBus({ timing });
    await second.subscribe({
      group,
      topic,
      async handle(messages) {
        seen.push(...messages.map(({ value }) => value));
        return messages.map(() => DONE);
      },
    });
    await eventually(() => assert.deepEqual(seen, ['slow']));
    letGo();
    await Promise.all([first, second].map((bus) => bus.close()));
    assert.deepEqual(await committed(group, topic), [1n]);
  });

  test('a subscription survives its brokers being away at the start', async () => {
    const bus = makeBus({ connection: { brokers: ['127.0.0.1:1'], clientId: 'x' } });
    const running = await bus.subscribe({
      group: 'g',
      topic: 'payments.jobs',
      handle: async (messages) => messages.map(() => DONE),
    });
    await running.close();
    await bus.close();
  });
});

async function committed(group: string, topic: string): Promise<bigint[]> {
  const groups = await withAdmin(connection.brokers, (admin) =>
    admin.listConsumerGroupOffsets({ groups: [group] }),
  );
  const found = groups[0]?.topics.find((one) => one.name === topic);
  return found?.partitions.map(({ committedOffset }) => committedOffset) ?? [];
}
