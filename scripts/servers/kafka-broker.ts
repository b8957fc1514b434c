/** What a broker alone and one of a cluster have in common. */
import { randomBytes } from 'node:crypto';
import type { ProcessSpec } from './managed-process.ts';
import { run } from './programs.ts';

/** Enough for the tests' and the bench's few thousand messages a second; the rest of the memory is theirs. */
const HEAP = '-Xmx512m';
const START_LIMIT_MS = 60_000;

type Properties = Readonly<Record<string, string | number>>;

const COMMON: Properties = {
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'offsets.topic.num.partitions': 4,
  // A broker that was killed comes back only when its old session ended; the default is nine seconds.
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
  // A test's consumer joins alone; waiting for company would cost it three seconds.
  'group.initial.rebalance.delay.ms': 0,
  // Topics are made by `migrate`; a misspelt one must fail.
  'auto.create.topics.enable': 'false',
};

/** The text of a server.properties. */
export function propertiesOf(own: Properties): string {
  const lines = Object.entries({ ...COMMON, ...own }).map(([name, value]) => `${name}=${value}`);
  return `${lines.join('\n')}\n`;
}

/** Kafka's defaults are for three brokers; one copy may be missing, as with the gateway's own topics. */
export function copiesOfInternalTopics(copies: number): Properties {
  const inSync = Math.max(1, copies - 1);
  return {
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
  };
}

/** Kafka's own form of a random id; it refuses one that starts with a dash. */
export function makeClusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? makeClusterId() : id;
}

export async function formatStorage(
  java: string,
  classPath: string,
  options: readonly string[],
): Promise<void> {
  // C1 alone: the tool lives for a second, and optimising it would take longer.
  const tool = ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'kafka.tools.StorageTool'];
  await run(java, [...tool, 'format', ...options]);
}

export function brokerProcess(java: string, classPath: string, properties: string) {
  return {
    name: 'kafka',
    command: java,
    args: [HEAP, '-cp', classPath, 'kafka.Kafka', properties],
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
    readyTimeoutMs: START_LIMIT_MS,
    stopTimeoutMs: 15_000,
  } satisfies ProcessSpec;
}
