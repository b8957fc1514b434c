import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeReadiness } from '../../../src/adapters/http/readiness.ts';
import type { Clock } from '../../../src/domain/ports.ts';
import { recordingLogger, systemClock } from '../../support/http-harness.ts';

/** Never wakes before it is closed: the test runs each round of probes itself. */
const stillClock: Clock = {
  ...systemClock,
  sleep: (_ms, signal) => systemClock.sleep(1e9, signal),
};

function setUp(probe: (signal: AbortSignal) => Promise<unknown>) {
  return makeReadiness({
    checks: [{ name: 'postgres', probe }],
    clock: stillClock,
    logger: recordingLogger([]),
    timeoutMs: 20,
  });
}

test('BRK-12 three failures in a row make it unready, one success ready again', async (t) => {
  let up = false;
  const readiness = setUp(async () => {
    if (!up) throw new Error('down');
  });
  t.after(() => readiness.close());
  await readiness.probeAll();
  assert.equal(readiness.isReady(), false, 'not ready before the first success');
  up = true;
  await readiness.probeAll();
  assert.equal(readiness.isReady(), true);
  up = false;
  await readiness.probeAll();
  await readiness.probeAll();
  assert.equal(readiness.isReady(), true, 'a blip changes nothing');
  await readiness.probeAll();
  assert.deepEqual(readiness.report(), { postgres: 'failing' });
  up = true;
  await readiness.probeAll();
  assert.deepEqual(readiness.report(), { postgres: 'ok' });
});

test('a probe that hangs is a failed one, and closing does not wait for it', async () => {
  const readiness = setUp(() => new Promise(() => {}));
  await readiness.probeAll();
  assert.equal(readiness.isReady(), false);
  await readiness.close();
});
