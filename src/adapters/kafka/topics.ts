import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, ConfigResourceTypes } from '@platformatic/kafka';
import { deadLetterTopic, retryTopics } from '../../domain/delivery.ts';
import { DEAD_LETTER_SUFFIX, TOPICS } from '../../domain/event.ts';
import { clientOptions, type KafkaConnection } from './connection.ts';
import { isExistsAlready } from './errors.ts';

export interface TopicPlan {
  connection: KafkaConnection;
  /** Partitions of each topic: the most workers that can share it. @default 12 */
  partitions?: number;
  /** Copies of each message, at least: 3 in production (KAF-1). */
  minReplication: number;
  /** Who reads which topic; each group has retry tiers and dead letters of its own. */
  subscriptions: readonly { topic: string; group: string }[];
  /** @default payments.jobs and payments.events */
  topics?: readonly string[];
}

const DEFAULT_PARTITIONS = 12;
const DAY_MS = 86_400_000;
const RETENTION_MS = 7 * DAY_MS;
/** Dead letters wait for a person. */
const DEAD_LETTER_RETENTION_MS = 30 * DAY_MS;

/**
 * New topics reach every broker's metadata within this time, or something is wrong with the
 * cluster.
 */
const VISIBLE_MS = 15_000;
const VISIBLE_POLL_MS = 100;

/** Every topic that the plan needs, each once. The relay's own dead letters are `<topic>.dlq`. */
export function topicNames({ subscriptions, topics = Object.values(TOPICS) }: TopicPlan): string[] {
  const names = topics.flatMap((topic) => [topic, `${topic}.${DEAD_LETTER_SUFFIX}`]);
  for (const { topic, group } of subscriptions) {
    names.push(...retryTopics(topic, group).map((tier) => tier.topic));
    names.push(deadLetterTopic(topic, group));
  }
  return [...new Set(names)];
}

/**
 * Creates what is missing, then checks everything. Safe for many at once; never changes an existing
 * topic.
 */
export async function ensureTopics(plan: TopicPlan): Promise<void> {
  await withAdmin(plan.connection, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = topicNames(plan).filter((name) => !existing.has(name));
    await Promise.all(missing.map((name) => create(admin, name, plan)));
    const endsAt = performance.now() + VISIBLE_MS;
    for (;;) {
      const problems = await findProblems(admin, plan);
      if (problems.length === 0) return;
      const settling = problems.every(({ kind }) => kind === 'missing');
      if (!settling || performance.now() > endsAt) throw problemsError(problems);
      await sleep(VISIBLE_POLL_MS);
    }
  });
}

/**
 * The start-up assertion of KAF-1: rejects with every topic that is missing or keeps too few
 * copies.
 */
export async function assertTopics(plan: TopicPlan): Promise<void> {
  await withAdmin(plan.connection, async (admin) => {
    const problems = await findProblems(admin, plan);
    if (problems.length > 0) throw problemsError(problems);
  });
}

async function create(admin: Admin, name: string, plan: TopicPlan): Promise<void> {
  const dead = name.endsWith(`.${DEAD_LETTER_SUFFIX}`);
  try {
    await admin.createTopics({
      topics: [name],
      partitions: plan.partitions ?? DEFAULT_PARTITIONS,
      replicas: plan.minReplication,
      configs: [
        { name: 'cleanup.policy', value: 'delete' },
        { name: 'retention.ms', value: String(dead ? DEAD_LETTER_RETENTION_MS : RETENTION_MS) },
        { name: 'min.insync.replicas', value: String(minInSync(plan)) },
        { name: 'unclean.leader.election.enable', value: 'false' },
      ],
    });
  } catch (error) {
    if (!isExistsAlready(error)) throw error;
  }
}

/**
 * One copy may be missing without stopping publishers; an acknowledged message is on all the
 * others.
 */
function minInSync({ minReplication }: TopicPlan): number {
  return Math.max(1, minReplication - 1);
}

interface Problem {
  kind: 'missing' | 'wrong';
  text: string;
}

async function findProblems(admin: Admin, plan: TopicPlan): Promise<Problem[]> {
  const names = topicNames(plan);
  const existing = new Set(await admin.listTopics());
  const present = names.filter((name) => existing.has(name));
  const problems: Problem[] = names
    .filter((name) => !existing.has(name))
    .map((name) => ({ kind: 'missing', text: `${name} does not exist` }));
  if (present.length === 0) return problems;

  const metadata = await admin.metadata({ topics: present, forceUpdate: true });
  const inSync = await minInSyncOf(admin, present);
  const wantedPartitions = plan.partitions ?? DEFAULT_PARTITIONS;
  const wrong = (text: string) => problems.push({ kind: 'wrong', text });
  for (const name of present) {
    const topic = metadata.topics.get(name);
    if (topic === undefined) {
      problems.push({ kind: 'missing', text: `${name} is not yet known to every broker` });
      continue;
    }
    const copies = Math.min(...topic.partitions.map(({ replicas }) => replicas.length));
    if (topic.partitionsCount < wantedPartitions) {
      wrong(`${name} has ${topic.partitionsCount} partitions, needs ${wantedPartitions}`);
    }
    if (copies < plan.minReplication) {
      wrong(`${name} keeps ${copies} copies, needs ${plan.minReplication}`);
    }
    if ((inSync.get(name) ?? 1) < minInSync(plan)) {
      wrong(`${name} has min.insync.replicas ${inSync.get(name)}, needs ${minInSync(plan)}`);
    }
  }
  return problems;
}

async function minInSyncOf(admin: Admin, names: string[]): Promise<Map<string, number>> {
  const described = await admin.describeConfigs({
    resources: names.map((resourceName) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName,
      configurationKeys: ['min.insync.replicas'],
    })),
  });
  return new Map(
    described.map(({ resourceName, configs }) => [resourceName, Number(configs[0]?.value ?? 1)]),
  );
}

function problemsError(problems: Problem[]): Error {
  return new Error(
    `Kafka topics are not as they must be: ${problems.map((p) => p.text).join('; ')}`,
  );
}

async function withAdmin<T>(connection: KafkaConnection, work: (admin: Admin) => Promise<T>) {
  const admin = new Admin(clientOptions(connection));
  admin.on('error', () => {});
  try {
    return await work(admin);
  } finally {
    await admin.close().catch(() => {});
  }
}
