import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeBroken, runMany } from './run-many.ts';
import { runSchedule } from './run-schedule.ts';

/** The same each time, so that what was found once stays found; as many fresh ones are in a file beside. */
const RUNS = 1_000;
const FIXED_SEED = 1_000;

describe('CHX-6 the use cases under a seeded scheduler', () => {
  it(`keep every promise in ${RUNS} schedules that are the same each time`, async () => {
    const { broken } = await runMany({ seed: FIXED_SEED, runs: RUNS });
    assert.equal(broken && (await describeBroken(broken)), null);
  });

  it('repeat a schedule step by step from its seed', async () => {
    const first = await runSchedule(7, { keepTrace: true });
    const again = await runSchedule(7, { keepTrace: true });
    assert.notEqual(first.trace.length, 0);
    assert.deepEqual(again.trace, first.trace);
  });
});
