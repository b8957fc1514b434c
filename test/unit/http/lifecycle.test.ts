import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLifecycle } from '../../../src/adapters/http/lifecycle.ts';
import { recordingLogger, systemClock } from '../../support/http-harness.ts';

test('BRK-13 draining lasts for the deregistration delay, then closing begins', async () => {
  const { promise: delay, resolve: passDelay } = Promise.withResolvers<void>();
  const asked: number[] = [];
  const clock = {
    ...systemClock,
    sleep(ms: number) {
      asked.push(ms);
      return delay;
    },
  };
  const lifecycle = makeLifecycle({
    ...{ deregistrationDelayMs: 5_000, clock, logger: recordingLogger([]) },
  });
  assert.equal(lifecycle.phase(), 'serving');
  const drained = lifecycle.drain();
  assert.equal(lifecycle.phase(), 'draining');
  assert.equal(lifecycle.drain(), drained, 'a second signal starts nothing new');
  passDelay();
  await drained;
  assert.equal(lifecycle.phase(), 'closing');
  assert.deepEqual(asked, [5_000]);
});
