import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePartitionWorker } from '../../../src/adapters/kafka/partition-worker.ts';
import type { ReceivedMessage } from '../../../src/domain/deliver-batch.ts';
import { eventually } from '../../support/eventually.ts';
import { systemClock } from '../../support/messaging.ts';

const message = (offset: number, headers = {}): ReceivedMessage => ({
  topic: 't',
  partition: 0,
  offset: BigInt(offset),
  key: 'k',
  value: 'v',
  headers,
});

function rig(over: Partial<Parameters<typeof makePartitionWorker>[0]> = {}) {
  const steps: string[] = [];
  const numbers = (batch: ReceivedMessage[]) => batch.map(({ offset }) => offset).join();
  const worker = makePartitionWorker({
    async deliver(batch) {
      steps.push(`deliver ${numbers(batch)}`);
      return true;
    },
    async commit({ offset }) {
      steps.push(`commit ${offset}`);
    },
    taken() {},
    failed: (error) => steps.push(`failed ${(error as Error).message}`),
    clock: systemClock,
    maxBatch: 2,
    delayMs: 0,
    ...over,
  });
  return { worker, steps };
}

test('KAF-6 one batch at a time, each committed before the next is delivered', async () => {
  const { worker, steps } = rig();
  for (const offset of [1, 2, 3]) worker.push(message(offset));
  await eventually(() =>
    assert.deepEqual(steps, ['deliver 1,2', 'commit 2', 'deliver 3', 'commit 3']),
  );
});

test('KAF-6 a batch that was given up is not committed', async () => {
  let given = 0;
  const { worker, steps } = rig({
    async deliver() {
      given++;
      return false;
    },
  });
  worker.push(message(1));
  await eventually(() => assert.equal(given, 1));
  await worker.stop();
  assert.deepEqual(steps, []);
});

test('KAF-12 stop lets the batch in hand finish and commit, and takes no other', async () => {
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const { promise: begun, resolve: onBegun } = Promise.withResolvers<void>();
  const { worker, steps } = rig({
    maxBatch: 1,
    async deliver() {
      onBegun();
      await held;
      return true;
    },
  });
  worker.push(message(1));
  worker.push(message(2));
  await begun;
  const stopped = worker.stop();
  letGo();
  await stopped;
  assert.deepEqual(steps, ['commit 1']);
});

test('KAF-12 after drop nothing is committed, however the handler ends', async () => {
  const { promise: held, resolve: letGo } = Promise.withResolvers<boolean>();
  const { promise: begun, resolve: onBegun } = Promise.withResolvers<void>();
  const { worker, steps } = rig({
    deliver() {
      onBegun();
      return held;
    },
  });
  worker.push(message(1));
  await begun;
  worker.drop();
  letGo(true);
  await worker.stop();
  assert.deepEqual(steps, []);
});

test('a failed commit is reported: only a new session can repair it', async () => {
  const { worker, steps } = rig({
    async commit() {
      throw new Error('not the coordinator');
    },
  });
  worker.push(message(1));
  await eventually(() => assert.deepEqual(steps, ['deliver 1', 'failed not the coordinator']));
  assert.equal(worker.committing(), false);
});

test('KAF-9 a tier hands out a message when it is due, not the later ones', async () => {
  let now = 0;
  const slept: number[] = [];
  const clock = {
    now: () => new Date(now),
    monotonicMs: () => now,
    async sleep(ms: number) {
      slept.push(ms);
      now += ms;
    },
  };
  const { worker, steps } = rig({ clock, delayMs: 1_000, maxBatch: 10 });
  const due = (at: number) => ({ due_at: new Date(at).toISOString() });
  worker.push(message(1, due(500)));
  worker.push(message(2, due(500)));
  worker.push(message(3, due(900)));
  await eventually(() => assert.equal(steps.length, 4));
  assert.deepEqual(steps, ['deliver 1,2', 'commit 2', 'deliver 3', 'commit 3']);
  assert.deepEqual(slept, [500, 400]);
});
