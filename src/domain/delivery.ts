/** Where a message goes that could not be handled: retry tiers, then dead letters. Pure. */
import {
  DEAD_LETTER_SUFFIX,
  type InboundMessage,
  type OutboundMessage,
  RETRY_TIERS,
  TOPICS,
} from './event.ts';

/**
 * Tries in total, the first on the topic itself included; the last tier is used until they are
 * spent.
 */
export const MAX_ATTEMPTS = 5;

/**
 * Largest value of one message, in bytes. Kafka's own default limit is 1 MiB for a batch with its
 * headers.
 */
export const MAX_MESSAGE_BYTES = 1_000_000;

export interface RetryTier {
  suffix: string;
  delayMs: number;
}

/** Headers that a message collects on its way; everything else that it carried is kept. */
export const DELIVERY_HEADERS = {
  /** Tries made so far, decimal. */
  attempt: 'attempt',
  /** ISO 8601 time of the first failure. */
  firstFailedAt: 'first_failed_at',
  /** Why the last try failed: a class, never a provider's or a driver's raw text. */
  errorClass: 'error_class',
  /** Where the message was first read. */
  originTopic: 'origin_topic',
  originPartition: 'origin_partition',
  originOffset: 'origin_offset',
  /** ISO 8601 time before which a retry tier does not hand the message out. */
  dueAt: 'due_at',
  /** Set on a dead letter whose value could not be kept: how many bytes it had. */
  droppedBytes: 'dropped_bytes',
} as const;

/**
 * The bus will never take this message. `index` is its place in the batch that was to be published.
 */
export class MessageRefused extends Error {
  readonly index: number;
  readonly errorClass: string;
  constructor(index: number, errorClass: string, cause?: unknown) {
    super(`message ${index} was refused: ${errorClass}`, { cause });
    this.name = 'MessageRefused';
    this.index = index;
    this.errorClass = errorClass;
  }
}

/**
 * How the names of a subscription's own topics begin: a work queue has one group, a topic of facts
 * has many. An environment may put its own prefix before a topic's name.
 */
export function retryBase(topic: string, group: string): string {
  return topic.endsWith(TOPICS.jobs) ? topic : `${topic}.${group}`;
}

export function deadLetterTopic(topic: string, group: string): string {
  return `${retryBase(topic, group)}.${DEAD_LETTER_SUFFIX}`;
}

export function retryTopics(
  topic: string,
  group: string,
  tiers: readonly RetryTier[] = RETRY_TIERS,
): { topic: string; delayMs: number }[] {
  const base = retryBase(topic, group);
  return tiers.map(({ suffix, delayMs }) => ({ topic: `${base}.${suffix}`, delayMs }));
}

export interface Failure {
  kind: 'retry' | 'dead';
  errorClass: string;
}

/**
 * A message as it goes on after a failed try. `now` only stamps times; it decides nothing about
 * money.
 */
export function nextHop(
  message: InboundMessage,
  failure: Failure,
  subscription: { topic: string; group: string },
  { now, tiers = RETRY_TIERS }: { now: Date; tiers?: readonly RetryTier[] },
): OutboundMessage {
  const { topic, group } = subscription;
  const { [DELIVERY_HEADERS.dueAt]: _, ...kept } = message.headers;
  const attempt = attemptsMade(message.headers) + 1;
  const headers: Record<string, string> = {
    ...kept,
    [DELIVERY_HEADERS.attempt]: String(attempt),
    [DELIVERY_HEADERS.firstFailedAt]: kept[DELIVERY_HEADERS.firstFailedAt] ?? now.toISOString(),
    [DELIVERY_HEADERS.errorClass]: failure.errorClass,
    [DELIVERY_HEADERS.originTopic]: kept[DELIVERY_HEADERS.originTopic] ?? message.topic,
    [DELIVERY_HEADERS.originPartition]:
      kept[DELIVERY_HEADERS.originPartition] ?? String(message.partition),
    [DELIVERY_HEADERS.originOffset]: kept[DELIVERY_HEADERS.originOffset] ?? String(message.offset),
  };
  const { key } = message;
  const value = message.value ?? '';
  const tier = retryTopics(topic, group, tiers)[Math.min(attempt, tiers.length) - 1];
  if (failure.kind === 'dead' || attempt >= MAX_ATTEMPTS || tier === undefined) {
    return { topic: deadLetterTopic(topic, group), key, value, headers };
  }
  const dueAt = new Date(now.getTime() + tier.delayMs).toISOString();
  return {
    topic: tier.topic,
    key,
    value,
    headers: { ...headers, [DELIVERY_HEADERS.dueAt]: dueAt },
  };
}

/**
 * Milliseconds until a tier's message is due: never more than the tier's delay, whatever a clock
 * says.
 */
export function dueInMs(message: InboundMessage, delayMs: number, now: Date): number {
  const dueAt = Date.parse(message.headers[DELIVERY_HEADERS.dueAt] ?? '');
  if (Number.isNaN(dueAt)) return 0;
  return Math.min(Math.max(0, dueAt - now.getTime()), delayMs);
}

function attemptsMade(headers: Record<string, string>): number {
  const made = Number(headers[DELIVERY_HEADERS.attempt]);
  return Number.isSafeInteger(made) && made > 0 ? made : 0;
}
