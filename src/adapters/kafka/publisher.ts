import { compatibilityPartitioner, Producer } from '@platformatic/kafka';
import { MAX_MESSAGE_BYTES, MessageRefused } from '../../domain/delivery.ts';
import type { OutboundMessage } from '../../domain/event.ts';
import { explained } from '../../domain/server-trouble.ts';
import { closeClient } from './close-client.ts';
import { type KafkaConnection, producerOptions } from './connection.ts';
import { isStoredAlready, isTooLarge } from './errors.ts';

/** All brokers down: callers learn it after this long, and keep their messages. */
export const PUBLISH_DEADLINE_MS = 10_000;

/**
 * One request carries at most this many bytes. A broker's limit (1 MiB by default) holds for all
 * messages of one partition in a request together; headers and framing need the rest.
 */
const MAX_REQUEST_BYTES = 900_000;
const BYTES_PER_MESSAGE_OVERHEAD = 100;

interface Encoded {
  /** Place in the batch that the caller gave. */
  index: number;
  bytes: number;
  record: {
    topic: string;
    key: Buffer;
    value: Buffer;
    headers: Map<Buffer, Buffer>;
  };
}

export interface Publisher {
  /**
   * Resolves when all messages are stored by all in-sync replicas; order is kept per topic and key.
   */
  publish(messages: OutboundMessage[]): Promise<void>;
  close(): Promise<void>;
}

export function makePublisher(
  connection: KafkaConnection,
  deadlineMs: number = PUBLISH_DEADLINE_MS,
): Publisher {
  let producer: Producer | undefined;
  let closed = false;

  const current = (): Producer => {
    if (closed) throw new Error('the publisher is closed');
    if (producer === undefined) {
      producer = new Producer({
        ...producerOptions(connection),
        partitioner: compatibilityPartitioner,
      });
      // Failures reach the caller of `send`; without a listener they would also end the process.
      producer.on('error', () => {});
    }
    return producer;
  };

  /**
   * Drops a producer whose fate is unclear: what it still holds must not be sent behind a later
   * batch.
   */
  const discard = (broken: Producer) => {
    if (producer === broken) producer = undefined;
    void closeClient(broken);
  };

  const send = async (chunk: Encoded[], endsAt: number): Promise<void> => {
    const sender = current();
    try {
      const messages = chunk.map(({ record }) => record);
      await withDeadline(sender.send({ messages }), endsAt - performance.now());
    } catch (error) {
      if (isStoredAlready(error)) return;
      if (!isTooLarge(error)) {
        discard(sender);
        throw explained('kafka', error);
      }
      const [first] = chunk;
      if (chunk.length === 1 && first) throw new MessageRefused(first.index, 'too-large', error);
      const half = chunk.length >> 1;
      await send(chunk.slice(0, half), endsAt);
      await send(chunk.slice(half), endsAt);
    }
  };

  return {
    async publish(messages) {
      const endsAt = performance.now() + deadlineMs;
      for (const chunk of chunksOf(messages.map(encode))) await send(chunk, endsAt);
    },
    async close() {
      closed = true;
      if (producer) await closeClient(producer);
      producer = undefined;
    },
  };
}

function encode(message: OutboundMessage, index: number): Encoded {
  const value = Buffer.from(message.value);
  if (value.length > MAX_MESSAGE_BYTES) throw new MessageRefused(index, 'too-large');
  const key = Buffer.from(message.key);
  const headers = new Map<Buffer, Buffer>();
  let bytes = value.length + key.length + BYTES_PER_MESSAGE_OVERHEAD;
  for (const [name, text] of Object.entries(message.headers)) {
    headers.set(Buffer.from(name), Buffer.from(text));
    bytes += name.length + text.length;
  }
  return { index, bytes, record: { topic: message.topic, key, value, headers } };
}

function* chunksOf(messages: Encoded[]): Generator<Encoded[]> {
  let chunk: Encoded[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (chunk.length > 0 && bytes + message.bytes > MAX_REQUEST_BYTES) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(message);
    bytes += message.bytes;
  }
  if (chunk.length > 0) yield chunk;
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => reject(new Error('the brokers did not answer in time'));
  const timer = setTimeout(late, Math.max(0, ms));
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
