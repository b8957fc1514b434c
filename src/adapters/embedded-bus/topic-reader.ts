import { randomUUID } from 'node:crypto';
import { dueInMs } from '../../domain/delivery.ts';
import type { InboundMessage } from '../../domain/event.ts';
import type { Clock } from '../../domain/ports.ts';
import type { Logger } from '../../domain/telemetry.ts';
import type { MessageLog, Place } from './log.ts';

/**
 * A reader that died is replaced after this; a live one renews at a third of it, also while it
 * handles.
 */
const LEASE_MS = 10_000;
const RENEW_MS = LEASE_MS / 3;

/** Publishers in this process wake the readers; this finds what another process published. */
const POLL_MS = 250;

/** Pause after a failure of the database. */
const RESTART_MS = 1_000;

export interface TopicReaderDeps {
  log: MessageLog;
  group: string;
  topic: string;
  /** Delay of a retry tier; 0 for the topic itself. */
  delayMs: number;
  maxBatch: number;
  deliver(messages: InboundMessage[], signal: AbortSignal): Promise<boolean>;
  /** Aborts when something was published to the topic, or anything that `signal` says. */
  wake(topic: string): AbortSignal;
  clock: Clock;
  logger: Logger;
}

export interface TopicReader {
  close(): Promise<void>;
}

/** Reads one topic for one group, in order, while it holds the group's lease on it. */
export function makeTopicReader(deps: TopicReaderDeps): TopicReader {
  const { log, group, topic, clock, logger } = deps;
  const place: Place = { group, topic, owner: randomUUID() };
  const stopping = new AbortController();

  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        await readWhileHeld(deps, place, stopping.signal);
      } catch (error) {
        logger.warn('the embedded bus lost the database; it tries again', { group, topic, error });
        await clock.sleep(RESTART_MS, stopping.signal);
      }
    }
    await log.release(place).catch(() => {});
  };
  const ended = run();
  return {
    async close() {
      stopping.abort();
      await ended;
    },
  };
}

/** Returns when the lease is another's or lost: the next call waits for it again. */
async function readWhileHeld(
  deps: TopicReaderDeps,
  place: Place,
  stopping: AbortSignal,
): Promise<void> {
  const { log, clock, topic, delayMs, maxBatch, wake } = deps;
  let next = await log.lease(place, LEASE_MS);
  let renewAt = clock.monotonicMs() + RENEW_MS;
  if (next === undefined) await clock.sleep(RENEW_MS, stopping);
  while (next !== undefined && !stopping.aborted) {
    if (clock.monotonicMs() >= renewAt) {
      next = await log.lease(place, LEASE_MS);
      renewAt = clock.monotonicMs() + RENEW_MS;
      if (next === undefined) return;
    }
    const woken = AbortSignal.any([stopping, wake(topic)]);
    const messages = await log.read(topic, next, maxBatch);
    const batch = dueOf(messages, delayMs, clock.now());
    const last = batch.at(-1);
    if (last === undefined) {
      const [head] = messages;
      const waitMs = head ? dueInMs(head, delayMs, clock.now()) : POLL_MS;
      await clock.sleep(Math.min(waitMs, RENEW_MS), head ? stopping : woken);
      continue;
    }
    const done = await whileRenewing(deps, place, () => deps.deliver(batch, stopping));
    if (!done) return;
    next = last.offset + 1n;
    if (!(await log.commit(place, next))) return;
  }
}

function dueOf(messages: InboundMessage[], delayMs: number, now: Date): InboundMessage[] {
  const waiting = messages.findIndex((message) => dueInMs(message, delayMs, now) > 0);
  return waiting < 0 ? messages : messages.slice(0, waiting);
}

async function whileRenewing<T>(
  { log, logger, topic }: TopicReaderDeps,
  place: Place,
  work: () => Promise<T>,
): Promise<T> {
  const renew = () => {
    log.lease(place, LEASE_MS).catch((error) => {
      logger.warn('a lease could not be renewed', { group: place.group, topic, error });
    });
  };
  const timer = setInterval(renew, RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
