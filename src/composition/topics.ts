import type { KafkaConnection } from '../adapters/kafka/connection.ts';
import type { TopicPlan } from '../adapters/kafka/topics.ts';
import type { KafkaConfig } from '../config/servers.ts';
import { TOPICS } from '../domain/event.ts';
import { JOBS_CONSUMER } from '../usecases/schedule-settlement.ts';

/** Every topic that the gateway's own groups need; `migrate` makes them, the worker checks them. */
export function topicPlan(connection: KafkaConnection, kafka: KafkaConfig): TopicPlan {
  return {
    connection,
    partitions: kafka.partitions,
    minReplication: kafka.minReplication,
    subscriptions: [{ topic: TOPICS.jobs, group: JOBS_CONSUMER }],
  };
}
