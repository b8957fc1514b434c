/** One batch on its way through a handler: the same steps for every implementation of the bus. */
import { parseCloudEvent } from './cloud-event.ts';
import { deadLetterTopic, nextHop, type RetryTier } from './delivery.ts';
import { EVENT_TYPES, type InboundMessage, type OutboundMessage } from './event.ts';
import type { Clock, Subscription, Verdict } from './ports.ts';
import type { Logger, Metrics } from './telemetry.ts';

/** A message as an adapter read it; `poison` says why no handler may see it. */
export interface ReceivedMessage extends InboundMessage {
  poison?: 'too-large';
}

export interface BatchDelivery {
  subscription: Subscription;
  publish(messages: OutboundMessage[]): Promise<void>;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  tiers: readonly RetryTier[];
}

/** A dependency that is down is asked again after this long, doubled up to the second figure. */
export const REDELIVERY_FIRST_MS = 200;
export const REDELIVERY_MAX_MS = 10_000;

/**
 * Hands the batch to the handler, then publishes what goes on to a retry tier or to the dead
 * letters. Resolves `true` when nothing of the batch is left to do, so that its offset may be
 * committed, and `false` when `signal` aborted before that: the batch must then come again, here or
 * elsewhere.
 */
export async function deliverBatch(
  delivery: BatchDelivery,
  messages: ReceivedMessage[],
  signal: AbortSignal,
): Promise<boolean> {
  const { subscription, clock, logger, tiers } = delivery;
  const untilDone = <T>(what: string, step: () => Promise<T>) =>
    repeat(step, signal, clock, (error, pauseMs) =>
      logger.warn(`${what} failed; the same messages come again`, {
        group: subscription.group,
        topic: subscription.topic,
        count: messages.length,
        pauseMs,
        error,
      }),
    );

  const readable = messages.filter((message) => poisonOf(message) === undefined);
  const handled = await untilDone('a handler', () => handleAll(subscription, readable));
  if (handled === undefined) return false;

  const verdicts = new Map(readable.map((message, i) => [message, handled[i] as Verdict]));
  const moving: OutboundMessage[] = [];
  for (const message of messages) {
    const errorClass = poisonOf(message);
    const verdict = errorClass ? ({ kind: 'dead', errorClass } as const) : verdicts.get(message);
    if (verdict === undefined || verdict.kind === 'done') continue;
    moving.push(nextHop(message, verdict, subscription, { now: clock.now(), tiers }));
  }
  if (moving.length === 0) return true;
  const moved = await untilDone('publishing to a retry tier', () => publishAll(delivery, moving));
  return moved !== undefined;
}

async function handleAll(subscription: Subscription, batch: InboundMessage[]): Promise<Verdict[]> {
  if (batch.length === 0) return [];
  const verdicts = await subscription.handle(batch);
  if (verdicts.length === batch.length) return verdicts;
  throw new Error(`the handler gave ${verdicts.length} verdicts for ${batch.length} messages`);
}

async function publishAll(delivery: BatchDelivery, moving: OutboundMessage[]): Promise<true> {
  const { subscription, metrics, logger } = delivery;
  await delivery.publish(moving);
  const deadLetters = deadLetterTopic(subscription.topic, subscription.group);
  for (const { topic, headers, value } of moving) {
    if (topic !== deadLetters) {
      metrics.workerRetry(knownType(value));
      continue;
    }
    metrics.deadLetter(topic);
    logger.error('a message went to the dead letters', {
      group: subscription.group,
      topic,
      errorClass: headers.error_class,
      attempt: headers.attempt,
      originTopic: headers.origin_topic,
      originPartition: headers.origin_partition,
      originOffset: headers.origin_offset,
    });
  }
  return true;
}

/** A label takes none of its values from a message. */
function knownType(value: string): string {
  const parsed = parseCloudEvent(value);
  return (parsed.ok && EVENT_TYPES.find((type) => type === parsed.event.type)) || 'other';
}

function poisonOf(message: ReceivedMessage): string | undefined {
  if (message.poison !== undefined) return message.poison;
  return message.value === null || message.value === '' ? 'empty-value' : undefined;
}

/** Repeats `step` with growing pauses until it succeeds; `undefined` when the signal came first. */
async function repeat<T>(
  step: () => Promise<T>,
  signal: AbortSignal,
  clock: Clock,
  onError: (error: unknown, pauseMs: number) => void,
): Promise<T | undefined> {
  for (let pauseMs = REDELIVERY_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, REDELIVERY_MAX_MS)) {
    try {
      return await step();
    } catch (error) {
      onError(error, pauseMs);
    }
    if (!signal.aborted) await clock.sleep(pauseMs, signal);
    if (signal.aborted) return undefined;
  }
}
