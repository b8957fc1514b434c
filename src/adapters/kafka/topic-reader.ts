import { Consumer } from '@platformatic/kafka';
import type { Clock } from '../../domain/ports.ts';
import { explained } from '../../domain/server-trouble.ts';
import type { Logger } from '../../domain/telemetry.ts';
import {
  type Assignment,
  type AssignmentDeps,
  type KafkaConsumer,
  openAssignment,
} from './assignment.ts';
import { closeConsumer } from './close-client.ts';
import { clientOptions, type KafkaConnection } from './connection.ts';

export interface ReaderTiming {
  /** A member that is silent for this long has lost its partitions. */
  sessionMs: number;
  heartbeatMs: number;
  /**
   * A rebalance and a shutdown wait this long for the batches in hand. No heartbeat is sent
   * meanwhile, so it is below `sessionMs`. Heartbeats do not stop while a handler runs: there is no
   * poll interval to keep.
   */
  drainMs: number;
}

export const READER_TIMING: ReaderTiming = {
  sessionMs: 30_000,
  heartbeatMs: 3_000,
  drainMs: 20_000,
};

/** The group waits this much longer than a drain takes for a member to come back. */
const REBALANCE_MARGIN_MS = 10_000;

/** Pause before a new session after a broken one, doubled up to the second figure. */
const RESTART_FIRST_MS = 250;
const RESTART_MAX_MS = 10_000;

export interface TopicReaderDeps extends Pick<AssignmentDeps, 'deliver' | 'maxBatch' | 'delayMs'> {
  connection: KafkaConnection;
  groupId: string;
  topic: string;
  clock: Clock;
  logger: Logger;
  timing: ReaderTiming;
}

export interface TopicReader {
  /** Resolves when the reader first owns its share of the topic, or was closed before. */
  joined: Promise<void>;
  close(): Promise<void>;
}

/** One member of one group on one topic. A broken session is replaced; only `close` ends it. */
export function makeTopicReader(deps: TopicReaderDeps): TopicReader {
  const { clock, logger, groupId, topic } = deps;
  const stopping = new AbortController();
  const { promise: joined, resolve: onJoined } = Promise.withResolvers<void>();

  const run = async () => {
    let pauseMs = RESTART_FIRST_MS;
    while (!stopping.signal.aborted) {
      const joinedNow = () => {
        pauseMs = RESTART_FIRST_MS;
        onJoined();
      };
      try {
        await runSession(deps, stopping.signal, joinedNow);
      } catch (error) {
        if (stopping.signal.aborted) break;
        logger.warn('a Kafka session broke; a new one is started', {
          groupId,
          topic,
          pauseMs,
          error: explained('kafka', error),
        });
        await clock.sleep(pauseMs, stopping.signal);
        pauseMs = Math.min(pauseMs * 2, RESTART_MAX_MS);
      }
    }
    onJoined();
  };
  const ended = run();

  return {
    joined,
    async close() {
      stopping.abort();
      await ended;
    },
  };
}

/** From joining the group to leaving it. Rejects when only a new session can help. */
async function runSession(
  deps: TopicReaderDeps,
  signal: AbortSignal,
  onJoined: () => void,
): Promise<void> {
  const { timing, topic, groupId, logger } = deps;
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  let assignment: Promise<Assignment> | undefined;
  const revoke = async () => (await assignment)?.revoke(timing.drainMs);

  const consumer: KafkaConsumer = new Consumer({
    ...clientOptions(deps.connection),
    groupId,
    autocommit: false,
    sessionTimeout: timing.sessionMs,
    rebalanceTimeout: timing.drainMs + REBALANCE_MARGIN_MS,
    heartbeatInterval: timing.heartbeatMs,
    heartbeatStallTimeout: timing.sessionMs,
    // Asked before every JoinGroup: the place to finish what is in hand while it is still ours.
    protocolsMetadata: async () => {
      await revoke();
      return Buffer.alloc(0);
    },
  });
  consumer.on('error', broken.reject);
  consumer.on('consumer:heartbeat:stalled', ({ stalledFor, lastError }) => {
    broken.reject(new Error(`no heartbeat for ${stalledFor} ms`, { cause: lastError }));
  });
  consumer.on('consumer:group:join', ({ assignments = [] }) => {
    // Its answer was on the way when the reader was closed.
    if (signal.aborted) return;
    const partitions = assignments.flatMap((one) => one.partitions);
    logger.info('partitions assigned', { groupId, topic, partitions: partitions.join(',') });
    assignment = openAssignment({ ...deps, consumer, failed: broken.reject });
    assignment.then(onJoined, broken.reject);
  });

  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    // Tracked here, so that the streams of later generations need no further join.
    consumer.topics.track(topic);
    await Promise.race([consumer.joinGroup({}), broken.promise, aborted]);
    await Promise.race([broken.promise, aborted]);
  } finally {
    await revoke().catch(() => {});
    await closeConsumer(consumer);
  }
}
