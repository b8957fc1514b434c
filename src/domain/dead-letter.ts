/** A message that was given up, and how it goes back to where it came from. Pure. */
import { parseCloudEvent } from './cloud-event.ts';
import { DELIVERY_HEADERS } from './delivery.ts';
import { DEAD_LETTER_SUFFIX, type InboundMessage, type OutboundMessage, TOPICS } from './event.ts';

export interface DeadLetter extends InboundMessage {
  /** When it was given up. */
  at: Date;
}

/** Reads what lies there, and changes nothing: no group, no offset. */
export interface DeadLetterSource {
  /** The oldest first, but none older than `since`. `complete` is false where there is more than may be read. */
  read(since: Date | null): Promise<{ letters: DeadLetter[]; complete: boolean }>;
  publish(messages: OutboundMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** On a message that was replayed: which dead letter it was. */
export const REPLAYED_FROM = 'replayed_from';

/** `payments.jobs.dlq:10:0`: it names a dead letter for as long as it is kept. */
export function letterId({ topic, partition, offset }: DeadLetter): string {
  return `${topic}:${partition}:${offset}`;
}

export interface LetterOwner {
  /** The topic that it was first read from, with the environment's prefix. */
  origin: string;
  /** Which group of consumers gave it up, without the prefix; null: the relay did. */
  group: string | null;
}

/** By the name of the topic alone: a header could say anything. null: no dead letters of ours. */
export function ownerOf(topic: string, prefix: string): LetterOwner | null {
  const suffix = `.${DEAD_LETTER_SUFFIX}`;
  if (!topic.startsWith(prefix) || !topic.endsWith(suffix)) return null;
  const base = topic.slice(0, -suffix.length);
  const jobs = prefix + TOPICS.jobs;
  const events = prefix + TOPICS.events;
  if (base === jobs) return { origin: jobs, group: '' };
  if (base === events) return { origin: events, group: null };
  if (!base.startsWith(`${events}.`)) return null;
  const group = base.slice(events.length + 1);
  return { origin: events, group: group.startsWith(prefix) ? group.slice(prefix.length) : group };
}

/** Why it cannot go back; null when it can. */
export function obstacleOf(letter: DeadLetter, prefix: string): string | null {
  const owner = ownerOf(letter.topic, prefix);
  if (owner === null) return 'its topic is none of ours';
  if (letter.headers[DELIVERY_HEADERS.droppedBytes] !== undefined) return 'its value was not kept';
  if (owner.group === null) return 'no broker took it';
  if (letter.value === null || letter.value === '') return 'it has no value';
  const from = letter.headers[DELIVERY_HEADERS.originTopic];
  if (from === undefined || from === owner.origin) return null;
  return `it says that it comes from ${from}`;
}

const OWN_HEADERS: ReadonlySet<string> = new Set(Object.values(DELIVERY_HEADERS));

/** As it was first published: same key, same bytes, same headers, no attempt made yet. */
export function replayOf(letter: DeadLetter, { origin }: LetterOwner): OutboundMessage {
  const kept = Object.entries(letter.headers).filter(([name]) => !OWN_HEADERS.has(name));
  return {
    topic: origin,
    key: letter.key,
    value: letter.value ?? '',
    headers: { ...Object.fromEntries(kept), [REPLAYED_FROM]: letterId(letter) },
  };
}

export interface LetterSubject {
  eventId: string;
  type: string;
  paymentId: string;
}

/** What it is about; null for what cannot be read. A version that is not known here still says what it is. */
export function subjectOf({ value }: DeadLetter): LetterSubject | null {
  const text = value ?? '';
  const parsed = parseCloudEvent(text);
  if (!parsed.ok && parsed.why !== 'version-unknown') return null;
  const { id, type, subject } = parsed.ok ? parsed.event : JSON.parse(text);
  const isTold = [id, type, subject].every((part) => typeof part === 'string');
  return isTold ? { eventId: id, type, paymentId: subject } : null;
}
