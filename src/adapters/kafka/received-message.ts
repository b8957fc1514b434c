import type { Message } from '@platformatic/kafka';
import type { ReceivedMessage } from '../../domain/deliver-batch.ts';
import { DELIVERY_HEADERS, MAX_MESSAGE_BYTES } from '../../domain/delivery.ts';

export type RawMessage = Message<Buffer, Buffer, Buffer, Buffer>;

/** Copies a record out of its network buffer, so that the buffer can be freed. */
export function toReceived(raw: RawMessage): ReceivedMessage {
  const headers: Record<string, string> = {};
  for (const [name, value] of raw.headers) headers[String(name)] = value?.toString() ?? '';
  const bytes = raw.value?.length ?? 0;
  const message = {
    topic: raw.topic,
    partition: raw.partition,
    offset: raw.offset,
    key: raw.key?.toString() ?? '',
    value: raw.value?.toString() ?? null,
    headers,
  };
  if (bytes <= MAX_MESSAGE_BYTES) return message;
  headers[DELIVERY_HEADERS.droppedBytes] = String(bytes);
  return { ...message, value: null, poison: 'too-large' };
}
