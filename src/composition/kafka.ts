/**
 * Everything that talks to Kafka, behind one file that is imported where it is needed and not before: the client
 * takes half a second and 50 MB to load, and the api never talks to Kafka.
 */
import type { KafkaConnection } from '../adapters/kafka/connection.ts';
import { makeDeadLetterSource } from '../adapters/kafka/dead-letter-source.ts';
import { makeKafkaEventBus } from '../adapters/kafka/event-bus.ts';
import type { ReaderTiming } from '../adapters/kafka/topic-reader.ts';
import { assertTopics, ensureTopics, type TopicPlan } from '../adapters/kafka/topics.ts';
import type { KafkaConfig } from '../config/servers.ts';
import type { Config } from '../config.ts';
import type { DeadLetterSource } from '../domain/dead-letter.ts';
import type { EventBus } from '../domain/ports.ts';
import { troubleOf } from '../domain/server-trouble.ts';
import type { ProcessParts } from './process.ts';
import { topicPlan, withTopicPrefix } from './topics.ts';

/** How long a start waits for Kafka and for the topics that `migrate` makes. */
const TOPICS_WAIT_MS = 60_000;
const TOPICS_RETRY_MS = 500;

const NO_TOPICS =
  'Kafka does not answer (KAFKA_BROKERS), or its topics are not as `migrate` makes them';

/** As with the schema: waited for, bounded, and named when they do not come. */
async function waitForTopics(plan: TopicPlan, { clock, logger, stopping }: ProcessParts) {
  const endsAtMs = clock.monotonicMs() + TOPICS_WAIT_MS;
  let told = '';
  for (;;) {
    try {
      return await assertTopics(plan);
    } catch (cause) {
      const trouble = troubleOf('kafka', cause);
      const message = trouble?.reason ?? NO_TOPICS;
      const gaveUp = stopping?.aborted || clock.monotonicMs() > endsAtMs;
      if (gaveUp || trouble?.lasting) throw new Error(message, { cause });
      if (message !== told) logger.warn(`waiting: ${message}`, { error: cause });
      told = message;
    }
    await clock.sleep(TOPICS_RETRY_MS, stopping);
  }
}

/** Topics that keep fewer copies than the configuration asks for are refused here, not found out later. */
export async function openKafka(parts: ProcessParts): Promise<EventBus> {
  const { config, clock, logger, metrics } = parts;
  if (config.kafka === null) throw new Error('this role needs Kafka');
  const connection = kafkaConnection(config.kafka, config);
  await waitForTopics(topicPlan(connection, config.kafka), parts);
  const timing = readerTiming(config.kafka);
  const bus = makeKafkaEventBus({ connection, clock, logger, metrics, timing });
  return withTopicPrefix(bus, config.kafka.topicPrefix);
}

/** Makes the topics that are missing, and checks the others. */
export async function migrateTopics(kafka: KafkaConfig, config: Config): Promise<void> {
  await ensureTopics(topicPlan(kafkaConnection(kafka, config), kafka));
}

/** For a person who looks at what was given up; its topics need not be as `migrate` makes them. */
export function openKafkaDeadLetters(kafka: KafkaConfig, config: Config): DeadLetterSource {
  return makeDeadLetterSource(kafkaConnection(kafka, config), kafka.topicPrefix);
}

function kafkaConnection(kafka: KafkaConfig, config: Config): KafkaConnection {
  const { brokers, tls, sasl } = kafka;
  return {
    brokers: [...brokers],
    clientId: `gateway-${config.role}`,
    ...(tls && { tls }),
    ...(sasl && {
      sasl: {
        mechanism: sasl.mechanism,
        username: sasl.username,
        password: sasl.password.reveal(),
      },
    }),
  };
}

/** Ten heartbeats a session; two thirds of it for the work in hand, since a rebalance waits for that. */
function readerTiming({ sessionMs }: KafkaConfig): ReaderTiming {
  return { sessionMs, heartbeatMs: sessionMs / 10, drainMs: (sessionMs * 2) / 3 };
}
