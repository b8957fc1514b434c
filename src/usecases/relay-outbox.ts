/**
 * Moves committed outbox rows to the bus: in order per key, at least once, whatever dies in
 * between.
 */
import { DELIVERY_HEADERS, MessageRefused } from '../domain/delivery.ts';
import { DEAD_LETTER_SUFFIX, type OutboundMessage } from '../domain/event.ts';
import type { OutboxRow, OutboxSession, OutboxSource } from '../domain/outbox.ts';
import type { Clock, EventBus } from '../domain/ports.ts';
import type { Logger, Metrics } from '../domain/telemetry.ts';

export interface RelayDeps {
  outbox: OutboxSource;
  bus: Pick<EventBus, 'publish'>;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Longest pause between two looks at an idle outbox (KAF-5). @default 250 */
  pollMs?: number;
  /** Most rows of one publish. @default 500 */
  batch?: number;
}

export interface Relay {
  start(): void;
  /** Finishes the batch in hand, then gives the shards back. */
  close(): Promise<void>;
}

const DEFAULT_POLL_MS = 250;
const DEFAULT_BATCH = 500;
/** Pause after a look that found rows; doubled with each look that found none. */
const BUSY_POLL_MS = 20;
/** Relays come and go rarely: a dead one's shards are taken over after this. */
const SHARE_EVERY_MS = 1_000;
const BACKLOG_EVERY_MS = 5_000;
/** Pause after a failure, doubled up to the second figure. */
const RESTART_FIRST_MS = 250;
const RESTART_MAX_MS = 5_000;

export function makeRelay(deps: RelayDeps): Relay {
  const { outbox, clock, logger } = deps;
  const stopping = new AbortController();
  let ended: Promise<void> | undefined;

  const run = async () => {
    let pauseMs = RESTART_FIRST_MS;
    while (!stopping.signal.aborted) {
      try {
        const session = await outbox.open();
        await relaySession(deps, session, stopping.signal, () => {
          pauseMs = RESTART_FIRST_MS;
        }).finally(() => session.close().catch(() => {}));
      } catch (error) {
        logger.warn('the relay lost the outbox or the bus; it starts again', { pauseMs, error });
        await clock.sleep(pauseMs, stopping.signal);
        pauseMs = Math.min(pauseMs * 2, RESTART_MAX_MS);
      }
    }
  };

  return {
    start() {
      ended ??= run();
    },
    async close() {
      stopping.abort();
      await ended;
    },
  };
}

async function relaySession(
  deps: RelayDeps,
  session: OutboxSession,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const { clock, metrics, pollMs = DEFAULT_POLL_MS, batch = DEFAULT_BATCH } = deps;
  const shareDue = every(SHARE_EVERY_MS, clock);
  const backlogDue = every(BACKLOG_EVERY_MS, clock);
  let held: readonly number[] = [];
  let idleMs = BUSY_POLL_MS;
  while (!signal.aborted) {
    if (shareDue()) held = await session.shareShards();
    if (backlogDue()) {
      const { pending, oldestSeconds } = await session.backlog();
      metrics.outbox(pending, oldestSeconds);
    }
    const rows = held.length > 0 ? await session.unpublished(batch) : [];
    if (rows.length > 0) await publishRows(deps, session, rows);
    onProgress();
    if (rows.length === batch) continue;
    idleMs = rows.length > 0 ? BUSY_POLL_MS : Math.min(idleMs * 2, pollMs);
    await clock.sleep(idleMs, signal);
  }
}

/**
 * Publish, wait for the ack, mark: a relay that dies in between leaves duplicates and never a gap.
 */
async function publishRows(
  { bus, clock, logger, metrics }: RelayDeps,
  session: OutboxSession,
  rows: OutboxRow[],
): Promise<void> {
  const startedAt = clock.monotonicMs();
  let sent = rows;
  try {
    await bus.publish(rows.map(({ message }) => message));
  } catch (error) {
    const refused = error instanceof MessageRefused ? rows[error.index] : undefined;
    if (!(error instanceof MessageRefused) || refused === undefined) throw error;
    // What stands before it is published and marked with it; what stands behind it comes with the
    // next look.
    sent = rows.slice(0, error.index);
    await bus.publish([...sent.map(({ message }) => message), deadLetter(refused, error)]);
    metrics.deadLetter(`${refused.message.topic}.${DEAD_LETTER_SUFFIX}`);
    logger.error('an outbox row cannot be published and went to the dead letters', {
      outboxId: String(refused.id),
      eventId: refused.eventId,
      topic: refused.message.topic,
      errorClass: error.errorClass,
    });
    await session.markPublished([refused.id]);
  }
  await session.markPublished(sent.map(({ id }) => id));
  for (const [topic, count] of countByTopic(sent)) metrics.eventsPublished(topic, count);
  metrics.workerProcessing('relay', (clock.monotonicMs() - startedAt) / 1_000);
}

/**
 * Says which row it was, without the value that nobody takes; the row itself keeps that until it is
 * pruned.
 */
function deadLetter({ id, eventId, message }: OutboxRow, refusal: MessageRefused): OutboundMessage {
  return {
    topic: `${message.topic}.${DEAD_LETTER_SUFFIX}`,
    key: message.key,
    value: JSON.stringify({ outboxId: String(id), eventId }),
    headers: {
      ...message.headers,
      [DELIVERY_HEADERS.errorClass]: refusal.errorClass,
      [DELIVERY_HEADERS.originTopic]: message.topic,
      [DELIVERY_HEADERS.droppedBytes]: String(message.value.length),
    },
  };
}

function countByTopic(rows: OutboxRow[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { message } of rows) counts.set(message.topic, (counts.get(message.topic) ?? 0) + 1);
  return counts;
}

/** True at the first call, then once each `ms`. */
function every(ms: number, clock: Clock): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock.monotonicMs();
    if (now - last < ms) return false;
    last = now;
    return true;
  };
}
