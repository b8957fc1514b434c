/** KAF-11: what was given up is looked at, and sent back to where it came from once its cause is mended. */
import {
  type DeadLetter,
  type DeadLetterSource,
  type LetterOwner,
  type LetterSubject,
  letterId,
  obstacleOf,
  ownerOf,
  replayOf,
  subjectOf,
} from '../domain/dead-letter.ts';
import type { Clock } from '../domain/ports.ts';
import type { Deed } from '../domain/review.ts';
import { JOBS_CONSUMER } from './schedule-settlement.ts';

/** What Postgres knows of dead letters. */
export interface ReplayRecords {
  /** Which of these events the consumer has processed. */
  processed(consumer: string, eventIds: string[]): Promise<ReadonlySet<string>>;
  /** The latest replay of each, by the audit log. */
  replays(ids: string[]): Promise<ReadonlyMap<string, { by: string; at: Date }>>;
  audit(
    action: string,
    subject: string,
    deed: Deed,
    detail: Record<string, unknown>,
  ): Promise<void>;
}

export interface ReplayDeps {
  source: DeadLetterSource;
  records: ReplayRecords;
  topicPrefix: string;
  clock: Pick<Clock, 'sleep'>;
  /** Hex SHA-256. */
  hash(text: string): string;
}

/** A dead letter with its place in the list, and what is known of it. */
export interface ListedLetter {
  n: number;
  id: string;
  letter: DeadLetter;
  subject: LetterSubject | null;
  /** Its consumer has had the effect already: a replay has none. */
  isProcessed: boolean;
  replayed: { by: string; at: Date } | null;
  obstacle: string | null;
}

export type ReplayOutcome =
  | 'replayed'
  | 'would be replayed'
  | 'skipped: already processed'
  | 'skipped: replayed before'
  | `cannot be replayed: ${string}`;

export interface ReplayOptions {
  /** Even what was processed or replayed before: for one that somebody asked for by its name. */
  again: boolean;
  dryRun: boolean;
  perSecond: number;
  tell(one: ListedLetter, outcome: ReplayOutcome): void;
}

export function makeDeadLetters(deps: ReplayDeps) {
  const { source, records, topicPrefix } = deps;

  async function list(since: Date | null): Promise<{ listed: ListedLetter[]; complete: boolean }> {
    const { letters, complete } = await source.read(since);
    const subjects = letters.map(subjectOf);
    const processed = await findProcessed(letters, subjects);
    const replays = await records.replays(letters.map(letterId));
    const listed = letters.map((letter, i): ListedLetter => {
      const id = letterId(letter);
      return {
        n: i + 1,
        id,
        letter,
        subject: subjects[i] ?? null,
        isProcessed: processed.has(letter),
        replayed: replays.get(id) ?? null,
        obstacle: obstacleOf(letter, topicPrefix),
      };
    });
    return { listed, complete };
  }

  async function findProcessed(letters: DeadLetter[], subjects: (LetterSubject | null)[]) {
    const byConsumer = new Map<string, { letter: DeadLetter; eventId: string }[]>();
    letters.forEach((letter, i) => {
      const consumer = consumerOf(letter);
      const eventId = subjects[i]?.eventId;
      if (consumer === null || eventId === undefined) return;
      byConsumer.set(consumer, [...(byConsumer.get(consumer) ?? []), { letter, eventId }]);
    });
    const found = new Set<DeadLetter>();
    for (const [consumer, known] of byConsumer) {
      const ids = known.map(({ eventId }) => eventId);
      const done = await records.processed(consumer, ids);
      for (const { letter, eventId } of known) if (done.has(eventId)) found.add(letter);
    }
    return found;
  }

  /** The work queue has one group, and its topics do not name it. */
  function consumerOf({ topic }: DeadLetter): string | null {
    const owner = ownerOf(topic, topicPrefix);
    return owner?.group === '' ? JOBS_CONSUMER : (owner?.group ?? null);
  }

  /** In the order given. The audit comes before the message: none is ever replayed without its line. */
  async function replay(
    chosen: ListedLetter[],
    deed: Deed,
    options: ReplayOptions,
  ): Promise<number> {
    let sent = 0;
    for (const one of chosen) {
      const reason = whyNot(one, options);
      if (reason !== null || options.dryRun) {
        options.tell(one, reason ?? 'would be replayed');
        continue;
      }
      if (sent > 0) await deps.clock.sleep(1_000 / options.perSecond);
      await send(one, deed);
      sent += 1;
      options.tell(one, 'replayed');
    }
    return sent;
  }

  async function send({ id, letter, subject }: ListedLetter, deed: Deed): Promise<void> {
    const owner = ownerOf(letter.topic, topicPrefix) as LetterOwner;
    const message = replayOf(letter, owner);
    const { eventId = null, paymentId = null } = subject ?? {};
    const valueHash = deps.hash(message.value);
    const detail = { origin: owner.origin, eventId, paymentId, valueHash };
    await records.audit('dlq.replay', id, deed, detail);
    try {
      await source.publish([message]);
    } catch (error) {
      await records.audit('dlq.replay-failed', id, deed, detail);
      throw error;
    }
  }

  return { list, replay };
}

function whyNot(one: ListedLetter, { again }: ReplayOptions): ReplayOutcome | null {
  if (one.obstacle !== null) return `cannot be replayed: ${one.obstacle}`;
  if (again) return null;
  if (one.isProcessed) return 'skipped: already processed';
  return one.replayed ? 'skipped: replayed before' : null;
}
