/** Every EventBus there is, behind one way to start it. */
import { after, before, describe } from 'node:test';
import { makeEmbeddedEventBus } from '../../src/adapters/embedded-bus/event-bus.ts';
import { makeKafkaEventBus } from '../../src/adapters/kafka/event-bus.ts';
import { ensureTopics } from '../../src/adapters/kafka/topics.ts';
import type { InboundMessage, OutboundMessage } from '../../src/domain/event.ts';
import type { EventBus, Verdict } from '../../src/domain/ports.ts';
import { makeBroker } from '../simulation/fake-broker.ts';
import { makeFakeEventBus } from '../simulation/fake-bus.ts';
import { directWire } from '../simulation/wire.ts';
import { readTopic } from './kafka.ts';
import {
  createDatabase,
  kafkaBrokers,
  randomName,
  recordingLogger,
  recordingMetrics,
  systemClock,
} from './messaging.ts';

export interface Harness {
  /** A bus as one process has it. */
  make(): EventBus;
  /** A topic that exists and is empty; `group` has its retry tiers and dead letters. */
  topic(kind: 'jobs' | 'events', groups: string[]): Promise<string>;
  /** What lies in a topic, read without the bus. */
  contents(topic: string): Promise<{ value: string; headers: Record<string, string> }[]>;
  stop(): Promise<void>;
}

/** Short enough for a test, long enough to be seen; the names are the real ones. */
export const TIERS = [
  { suffix: 'retry.5s', delayMs: 150 },
  { suffix: 'retry.1m', delayMs: 300 },
  { suffix: 'retry.10m', delayMs: 450 },
];
const TIMING = { sessionMs: 6_000, heartbeatMs: 200, drainMs: 3_000 };
export const DONE: Verdict = { kind: 'done' };

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

async function simulated(): Promise<Harness> {
  const broker = makeBroker(3);
  const buses: EventBus[] = [];
  return {
    make() {
      const bus = makeFakeEventBus({ ...deps(), broker, wire: directWire });
      buses.push(bus);
      return bus;
    },
    topic: async (kind) => `${randomName('t')}.payments.${kind}`,
    contents: async (topic) =>
      broker.contents(topic).map(({ value, headers }) => ({ value: value ?? '', headers })),
    async stop() {
      await Promise.all(buses.map((bus) => bus.close()));
    },
  };
}

export const message = (topic: string, key: string, value: string): OutboundMessage => ({
  topic,
  key,
  value,
  headers: { 'content-type': 'application/cloudevents+json' },
});

/** Keeps what a handler saw, and answers with what `decide` says. */
export function collector(decide: (message: InboundMessage) => Verdict = () => DONE) {
  const seen: InboundMessage[] = [];
  const handle = async (messages: InboundMessage[]) => {
    seen.push(...messages);
    return messages.map(decide);
  };
  return { seen, handle, values: () => seen.map(({ value }) => value) };
}

/** Runs the same tests against every implementation, each with servers of its own. */
export function describeEachBus(what: string, tests: (harness: () => Harness) => void): void {
  const implementations = {
    Kafka: kafka,
    'the embedded bus': embedded,
    'the simulation': simulated,
  };
  for (const [name, start] of Object.entries(implementations)) {
    describe(`${what} on ${name}`, { concurrency: 1 }, () => {
      let harness: Harness;
      before(async () => {
        harness = await start();
      });
      after(() => harness.stop());
      tests(() => harness);
    });
  }
}
