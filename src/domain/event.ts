/** Events and jobs: CloudEvents 1.0, structured JSON. Made once, with the row that they tell about. */

export const TOPICS = { jobs: 'payments.jobs', events: 'payments.events' } as const;
export type Topic = (typeof TOPICS)[keyof typeof TOPICS];

/** Retry tiers in order, then the dead letters; a message carries its own due time. */
export const RETRY_TIERS = [
  { suffix: 'retry.5s', delayMs: 5_000 },
  { suffix: 'retry.1m', delayMs: 60_000 },
  { suffix: 'retry.10m', delayMs: 600_000 },
] as const;
export const DEAD_LETTER_SUFFIX = 'dlq';

/** The outbox is split by key: several relays share the work, and one key keeps its order. */
export const OUTBOX_SHARDS = 16;

export const EVENT_TYPES = [
  'payment.accepted',
  'payment.unknown',
  'payment.succeeded',
  'payment.failed',
  'payment.manual-review',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface CloudEvent {
  specversion: '1.0';
  /** UUID v7, made once with the outbox row; redelivery repeats it. */
  id: string;
  source: string;
  type: string;
  /** The payment's id. */
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  /** Version of `data`; an unknown one goes to the dead letters. */
  dataschema: string;
  /** Counts up by one per payment and topic, from 1. Decimal text, as CloudEvents wants integers ≤ 2³¹. */
  sequence: string;
  traceparent?: string;
  data: Record<string, unknown>;
}

/** One message on its way to a topic. */
export interface OutboundMessage {
  topic: string;
  /** HMAC of the wallet: one payer's payments stay in order. */
  key: string;
  /** The CloudEvent as JSON text. */
  value: string;
  headers: Record<string, string>;
}

export interface InboundMessage {
  topic: string;
  partition: number;
  offset: bigint;
  key: string;
  /** null for a tombstone or an empty value: a poison pill here. */
  value: string | null;
  headers: Record<string, string>;
}
