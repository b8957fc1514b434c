import { deliverBatch } from '../../domain/deliver-batch.ts';
import { type RetryTier, retryTopics } from '../../domain/delivery.ts';
import { RETRY_TIERS } from '../../domain/event.ts';
import type { Clock, EventBus, RunningSubscription, Subscription } from '../../domain/ports.ts';
import type { Logger, Metrics } from '../../domain/telemetry.ts';
import type { KafkaConnection } from './connection.ts';
import { makePublisher } from './publisher.ts';
import { makeTopicReader, READER_TIMING, type ReaderTiming } from './topic-reader.ts';

export interface KafkaEventBusDeps {
  connection: KafkaConnection;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** @default RETRY_TIERS; tests shorten the delays. */
  tiers?: readonly RetryTier[];
  timing?: ReaderTiming;
  /** @default PUBLISH_DEADLINE_MS */
  publishDeadlineMs?: number;
}

const DEFAULT_MAX_BATCH = 200;

/**
 * `subscribe` waits this long to join; then it goes on trying, and the process starts without the
 * brokers.
 */
const JOIN_MS = 5_000;

/**
 * The bus on real brokers. A subscription is one group member per topic and retry tier, each with a
 * group id of its own: a tier that waits, or rebalances, never holds up the topic itself. A group
 * reads one topic.
 */
export function makeKafkaEventBus(deps: KafkaEventBusDeps): EventBus {
  const { connection, clock, logger, metrics, tiers = RETRY_TIERS, timing = READER_TIMING } = deps;
  const publisher = makePublisher(connection, deps.publishDeadlineMs);
  const running = new Set<RunningSubscription>();

  const start = (subscription: Subscription) => {
    const { group, topic } = subscription;
    const own = { subscription, publish: publisher.publish, clock, logger, metrics, tiers };
    const retries = retryTopics(topic, group, tiers).map((tier, i) => ({
      ...tier,
      groupId: `${group}.${tiers[i]?.suffix}`,
    }));
    return [{ topic, delayMs: 0, groupId: group }, ...retries].map((source) =>
      makeTopicReader({
        ...source,
        connection,
        clock,
        logger,
        timing,
        maxBatch: subscription.maxBatch ?? DEFAULT_MAX_BATCH,
        deliver: (messages, signal) => deliverBatch(own, messages, signal),
      }),
    );
  };

  return {
    publish: publisher.publish,

    async subscribe(subscription) {
      const readers = start(subscription);
      const handle: RunningSubscription = {
        async close() {
          running.delete(handle);
          await Promise.all(readers.map((reader) => reader.close()));
        },
      };
      running.add(handle);
      const waiting = new AbortController();
      const joined = Promise.all(readers.map((reader) => reader.joined));
      await Promise.race([joined, clock.sleep(JOIN_MS, waiting.signal)]);
      waiting.abort();
      return handle;
    },

    async close() {
      await Promise.all([...running].map((subscription) => subscription.close()));
      await publisher.close();
    },
  };
}
