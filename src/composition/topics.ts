import type { KafkaConnection } from '../adapters/kafka/connection.ts';
import type { TopicPlan } from '../adapters/kafka/topics.ts';
import type { KafkaConfig } from '../config/servers.ts';
import { TOPICS } from '../domain/event.ts';
import type { EventBus } from '../domain/ports.ts';
import { JOBS_CONSUMER } from '../usecases/schedule-settlement.ts';

/** Every topic that the gateway's own groups need; `migrate` makes them, the worker checks them. */
export function topicPlan(connection: KafkaConnection, kafka: KafkaConfig): TopicPlan {
  const { partitions, minReplication, topicPrefix } = kafka;
  return {
    connection,
    partitions,
    minReplication,
    topics: Object.values(TOPICS).map((topic) => topicPrefix + topic),
    subscriptions: [{ topic: topicPrefix + TOPICS.jobs, group: topicPrefix + JOBS_CONSUMER }],
  };
}

/**
 * A bus for one environment among several on a cluster. Outbox rows, handlers and metrics keep the plain
 * names, so that the prefix may be given or changed without touching what is stored.
 */
export function withTopicPrefix(bus: EventBus, prefix: string): EventBus {
  if (prefix === '') return bus;
  return {
    publish: (messages) =>
      bus.publish(messages.map((message) => ({ ...message, topic: prefix + message.topic }))),
    subscribe: (subscription) => {
      const { topic, group } = subscription;
      return bus.subscribe({ ...subscription, topic: prefix + topic, group: prefix + group });
    },
    close: () => bus.close(),
  };
}
