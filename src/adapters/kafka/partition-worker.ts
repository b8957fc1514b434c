import type { ReceivedMessage } from '../../domain/deliver-batch.ts';
import { dueInMs } from '../../domain/delivery.ts';
import type { Clock } from '../../domain/ports.ts';

export interface PartitionWorkerDeps {
  /** `true` when the offset after the last message may be committed. */
  deliver(messages: ReceivedMessage[], signal: AbortSignal): Promise<boolean>;
  /** Commits the offset after `last`. */
  commit(last: ReceivedMessage): Promise<void>;
  /** Called for messages that left the queue. */
  taken(messages: ReceivedMessage[]): void;
  /** The commit failed, or something else that only a new session can repair. */
  failed(error: unknown): void;
  clock: Clock;
  maxBatch: number;
  /** Delay of a retry tier; 0 for the topic itself. */
  delayMs: number;
}

export interface PartitionWorker {
  push(message: ReceivedMessage): void;
  /**
   * Takes no further batch. Resolves when the one in hand is handled and committed, or given up
   * because its handler fails. After `drop` nothing is committed any more, whatever is still
   * running.
   */
  stop(): Promise<void>;
  drop(): void;
  /** True while a batch waits for its commit: in a rebalance that may itself wait for the group. */
  committing(): boolean;
}

/**
 * One partition, one batch at a time, in order; its offset moves after each batch and never before.
 */
export function makePartitionWorker(deps: PartitionWorkerDeps): PartitionWorker {
  const { clock, maxBatch, delayMs } = deps;
  const stopping = new AbortController();
  let queue: ReceivedMessage[] = [];
  let running: Promise<void> | undefined;
  let committing = false;
  let dropped = false;

  /**
   * The messages that are due, oldest first. A tier's messages become due in the order they came
   * in.
   */
  const takeDue = async (): Promise<ReceivedMessage[]> => {
    const [head] = queue;
    if (head === undefined) return [];
    const waitMs = dueInMs(head, delayMs, clock.now());
    if (waitMs > 0) await clock.sleep(waitMs, stopping.signal);
    if (stopping.signal.aborted) return [];
    const now = clock.now();
    const limit = Math.min(queue.length, maxBatch);
    let count = 1;
    while (count < limit && dueInMs(queue[count] as ReceivedMessage, delayMs, now) === 0) count++;
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    deps.taken(batch);
    return batch;
  };

  const run = async () => {
    // One fetch brings many messages, pushed one by one: let them all arrive before the first batch
    // is cut.
    await null;
    for (;;) {
      const batch = await takeDue();
      const last = batch.at(-1);
      if (last === undefined) return;
      const done = await deps.deliver(batch, stopping.signal);
      if (!done || dropped) return;
      committing = true;
      await deps.commit(last).finally(() => {
        committing = false;
      });
    }
  };

  const start = () => {
    running = run()
      .catch(deps.failed)
      .finally(() => {
        running = undefined;
        if (queue.length > 0 && !stopping.signal.aborted) start();
      });
  };

  return {
    push(message) {
      queue.push(message);
      if (running === undefined) start();
    },
    async stop() {
      stopping.abort();
      queue = [];
      await running;
    },
    drop() {
      dropped = true;
    },
    committing: () => committing,
  };
}
