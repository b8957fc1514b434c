import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Consumer,
  type MessagesStream,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
} from '@platformatic/kafka';
import type { ReceivedMessage } from '../../domain/deliver-batch.ts';
import {
  makePartitionWorker,
  type PartitionWorker,
  type PartitionWorkerDeps,
} from './partition-worker.ts';
import { toReceived } from './received-message.ts';

/**
 * What one reader may hold: the stream pauses above these and goes on below half of them. On top of
 * them comes what one fetch brings, at most `MAX_FETCH_BYTES` unless a single batch is larger.
 */
const MAX_QUEUED = 2_000;
const MAX_QUEUED_BYTES = 8 * 1_048_576;
const MAX_FETCH_BYTES = 4 * 1_048_576;
const MAX_PARTITION_BYTES = 1_048_576;

/**
 * The broker answers an empty fetch after this; shorter costs requests, longer delays a shutdown.
 */
const FETCH_WAIT_MS = 1_000;

/**
 * A commit that a rebalance overtook waits for the next generation, and the next generation waits
 * for the drain: the drain gives such a commit this long, no more.
 */
const COMMIT_GRACE_MS = 1_000;
const DRAIN_POLL_MS = 20;

/** A client cannot leave its group while one of its streams is still closing. */
const CLOSE_STREAM_MS = 1_000;

/** The epoch only serves to detect truncation, which acks of all replicas rule out. */
const NO_LEADER_EPOCH = -1;

export type KafkaConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>;
type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

export interface AssignmentDeps
  extends Pick<PartitionWorkerDeps, 'deliver' | 'failed' | 'clock' | 'maxBatch' | 'delayMs'> {
  consumer: KafkaConsumer;
  topic: string;
}

/** What a member of the group owns between two rebalances. */
export interface Assignment {
  /**
   * No new batch, then the batches in hand, at most `drainMs`; after it nothing is committed any
   * more.
   */
  revoke(drainMs: number): Promise<void>;
}

/**
 * Reads the partitions that the group gave us, from their committed offsets. Each generation has a
 * stream of its own: messages of the one before, still queued or on the wire, cannot slip into it.
 */
export async function openAssignment(deps: AssignmentDeps): Promise<Assignment> {
  const { consumer, topic, failed } = deps;
  const workers = new Map<number, PartitionWorker>();
  let queued = 0;
  let queuedBytes = 0;
  let revoked = false;

  const stream: Stream = await consumer.consume({
    topics: [topic],
    autocommit: false,
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: MessagesStreamFallbackModes.EARLIEST,
    maxBytes: MAX_FETCH_BYTES,
    maxBytesPerPartition: MAX_PARTITION_BYTES,
    maxWaitTime: FETCH_WAIT_MS,
  });

  const count = (messages: ReceivedMessage[], sign: 1 | -1) => {
    queued += sign * messages.length;
    for (const { value } of messages) queuedBytes += sign * (value?.length ?? 0);
  };

  const worker = (partition: number): PartitionWorker => {
    const existing = workers.get(partition);
    if (existing) return existing;
    const made = makePartitionWorker({
      ...deps,
      taken(messages) {
        count(messages, -1);
        if (queued < MAX_QUEUED / 2 && queuedBytes < MAX_QUEUED_BYTES / 2) stream.resume();
      },
      commit: ({ offset }) =>
        consumer.commit({
          offsets: [{ topic, partition, offset: offset + 1n, leaderEpoch: NO_LEADER_EPOCH }],
        }),
    });
    workers.set(partition, made);
    return made;
  };

  stream.on('data', (raw) => {
    if (revoked) return;
    const message = toReceived(raw);
    count([message], 1);
    worker(message.partition).push(message);
    if (queued >= MAX_QUEUED || queuedBytes >= MAX_QUEUED_BYTES) stream.pause();
  });
  stream.on('error', (error) => {
    if (!revoked) failed(error);
  });

  return {
    async revoke(drainMs) {
      if (revoked) return;
      revoked = true;
      const closed = stream.close().catch(() => {});
      await drain([...workers.values()], drainMs);
      await Promise.race([closed, sleep(CLOSE_STREAM_MS, undefined, { ref: false })]);
    },
  };
}

async function drain(workers: PartitionWorker[], drainMs: number): Promise<void> {
  const busy = new Set(workers);
  for (const one of workers) void one.stop().finally(() => busy.delete(one));
  const endsAt = performance.now() + drainMs;
  let onlyCommitsSince: number | undefined;
  while (busy.size > 0 && performance.now() < endsAt) {
    const onlyCommits = [...busy].every((one) => one.committing());
    onlyCommitsSince = onlyCommits ? (onlyCommitsSince ?? performance.now()) : undefined;
    if (performance.now() - (onlyCommitsSince ?? Number.POSITIVE_INFINITY) > COMMIT_GRACE_MS) break;
    await sleep(DRAIN_POLL_MS);
  }
  for (const one of busy) one.drop();
}
