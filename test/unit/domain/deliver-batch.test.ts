import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deliverBatch,
  REDELIVERY_MAX_MS,
  type ReceivedMessage,
} from '../../../src/domain/deliver-batch.ts';
import { type OutboundMessage, RETRY_TIERS } from '../../../src/domain/event.ts';
import type { Verdict } from '../../../src/domain/ports.ts';
import { recordingMetrics, silentLogger } from '../../support/messaging.ts';

const message = (value: string | null, over = {}): ReceivedMessage => ({
  topic: 'payments.jobs',
  partition: 0,
  offset: 1n,
  key: 'k',
  value,
  headers: {},
  ...over,
});

function rig(handle: (messages: ReceivedMessage[]) => Promise<Verdict[]>) {
  const stopping = new AbortController();
  const published: OutboundMessage[][] = [];
  const slept: number[] = [];
  const { metrics, calls } = recordingMetrics();
  const delivery = {
    subscription: { group: 'worker', topic: 'payments.jobs', handle },
    async publish(messages: OutboundMessage[]) {
      published.push(messages);
    },
    clock: {
      now: () => new Date(0),
      monotonicMs: () => 0,
      async sleep(ms: number) {
        slept.push(ms);
      },
    },
    logger: silentLogger,
    metrics,
    tiers: RETRY_TIERS,
  };
  const deliver = (messages: ReceivedMessage[]) =>
    deliverBatch(delivery, messages, stopping.signal);
  return { deliver, delivery, stopping, published, slept, calls };
}

test('each verdict moves its own message', async () => {
  const verdicts: Verdict[] = [
    { kind: 'done' },
    { kind: 'retry', errorClass: 'gap' },
    { kind: 'dead', errorClass: 'version-unknown' },
  ];
  const { deliver, published, calls } = rig(async () => verdicts);
  assert.equal(await deliver(['a', 'b', 'c'].map((value) => message(value))), true);
  const moved = published.flat().map(({ value, topic }) => [value, topic]);
  assert.deepEqual(moved, [
    ['b', 'payments.jobs.retry.5s'],
    ['c', 'payments.jobs.dlq'],
  ]);
  assert.deepEqual(calls, [
    ['workerRetry', 'other'],
    ['deadLetter', 'payments.jobs.dlq'],
  ]);
});

test('KAF-8 no handler sees an empty, missing or too large value', async () => {
  const seen: (string | null)[] = [];
  const { deliver, published } = rig(async (messages) => {
    seen.push(...messages.map(({ value }) => value));
    return messages.map(() => ({ kind: 'done' }));
  });
  await deliver([
    message(null),
    message('fine'),
    message(''),
    message(null, { poison: 'too-large' }),
  ]);
  assert.deepEqual(seen, ['fine']);
  const why = published.flat().map(({ headers }) => headers.error_class);
  assert.deepEqual(why, ['empty-value', 'empty-value', 'too-large']);
});

test('a handler that throws gets the same messages again, after growing pauses', async () => {
  let tries = 0;
  const { deliver, slept } = rig(async (messages) => {
    if (++tries <= 9) throw new Error('down');
    return messages.map(() => ({ kind: 'done' }));
  });
  assert.equal(await deliver([message('a')]), true);
  assert.deepEqual(slept.slice(0, 4), [200, 400, 800, 1_600]);
  assert.equal(Math.max(...slept), REDELIVERY_MAX_MS);
});

test('a handler that is asked to stop leaves the batch for another time', async () => {
  const { deliver, stopping } = rig(async () => {
    stopping.abort();
    throw new Error('down');
  });
  assert.equal(await deliver([message('a')]), false);
});

test('too few verdicts are an error of the handler, and commit nothing', async () => {
  const { deliver, stopping } = rig(async () => {
    stopping.abort();
    return [];
  });
  assert.equal(await deliver([message('a')]), false);
});

test('when a retry tier cannot be written the handler is not asked again', async () => {
  let handled = 0;
  let refused = 0;
  const { deliver, delivery, published } = rig(async () => {
    handled++;
    return [{ kind: 'retry', errorClass: 'gap' }];
  });
  const publish = delivery.publish;
  delivery.publish = async (messages) => {
    if (++refused < 3) throw new Error('no broker');
    await publish(messages);
  };
  assert.equal(await deliver([message('a')]), true);
  assert.deepEqual([handled, published.length], [1, 1]);
});
