import type pg from 'pg';
import { deliverBatch } from '../../domain/deliver-batch.ts';
import {
  MAX_MESSAGE_BYTES,
  MessageRefused,
  type RetryTier,
  retryTopics,
} from '../../domain/delivery.ts';
import { type OutboundMessage, RETRY_TIERS } from '../../domain/event.ts';
import type { Clock, EventBus, RunningSubscription } from '../../domain/ports.ts';
import type { Logger, Metrics } from '../../domain/telemetry.ts';
import { makeMessageLog } from './log.ts';
import { makeTopicReader } from './topic-reader.ts';

export interface EmbeddedEventBusDeps {
  pool: pg.Pool;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** @default RETRY_TIERS; tests shorten the delays. */
  tiers?: readonly RetryTier[];
}

const DEFAULT_MAX_BATCH = 200;
const PRUNE_EVERY_MS = 60_000;

/**
 * The bus of role `dev`: the same promises as on Kafka, on tables in Postgres. A topic has one
 * partition, and one process of a group reads it at a time.
 */
export function makeEmbeddedEventBus(deps: EmbeddedEventBusDeps): EventBus {
  const { clock, logger, metrics, tiers = RETRY_TIERS } = deps;
  const log = makeMessageLog(deps.pool);
  const wakers = new Map<string, AbortController>();
  const running = new Set<RunningSubscription>();

  const wake = (topic: string): AbortSignal => {
    const waker = wakers.get(topic) ?? new AbortController();
    wakers.set(topic, waker);
    return waker.signal;
  };

  const publish = async (messages: OutboundMessage[]) => {
    refuseTooLarge(messages);
    await log.append(messages);
    for (const topic of new Set(messages.map((message) => message.topic))) {
      wakers.get(topic)?.abort();
      wakers.delete(topic);
    }
  };

  const prune = setInterval(() => {
    log.prune().catch((error) => logger.warn('pruning the embedded bus failed', { error }));
  }, PRUNE_EVERY_MS);
  prune.unref();

  return {
    publish,

    async subscribe(subscription) {
      const { group, topic, maxBatch = DEFAULT_MAX_BATCH } = subscription;
      const delivery = { subscription, publish, clock, logger, metrics, tiers };
      const sources = [{ topic, delayMs: 0 }, ...retryTopics(topic, group, tiers)];
      const readers = sources.map((source) =>
        makeTopicReader({
          ...source,
          log,
          group,
          maxBatch,
          wake,
          clock,
          logger,
          deliver: (messages, signal) => deliverBatch(delivery, messages, signal),
        }),
      );
      const handle: RunningSubscription = {
        async close() {
          running.delete(handle);
          await Promise.all(readers.map((reader) => reader.close()));
        },
      };
      running.add(handle);
      return handle;
    },

    async close() {
      clearInterval(prune);
      await Promise.all([...running].map((subscription) => subscription.close()));
    },
  };
}

function refuseTooLarge(messages: OutboundMessage[]): void {
  messages.forEach(({ value }, index) => {
    if (Buffer.byteLength(value) > MAX_MESSAGE_BYTES) throw new MessageRefused(index, 'too-large');
  });
}
