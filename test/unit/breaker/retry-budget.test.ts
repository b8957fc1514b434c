import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeRetryBudget } from '../../../src/adapters/breaker/retry-budget.ts';
import { propertySeed } from '../../support/seed.ts';

test('BRK-8 a quiet process may retry three times a second, and no more', () => {
  let nowMs = 0;
  const budget = makeRetryBudget({ clock: { monotonicMs: () => nowMs } });
  const tries = () => Array.from({ length: 5 }, () => budget.tryRetry());
  assert.deepEqual(tries(), [true, true, true, false, false]);
  nowMs = 999;
  assert.equal(budget.tryRetry(), false);
  nowMs = 1_000;
  assert.deepEqual(tries(), [true, true, true, false, false]);
});

test('BRK-8 a busy process may retry a tenth of its calls', () => {
  const budget = makeRetryBudget({ clock: { monotonicMs: () => 0 } });
  for (let i = 0; i < 100; i += 1) budget.recordCall();
  const granted = Array.from({ length: 50 }, () => budget.tryRetry()).filter(Boolean);
  assert.equal(granted.length, 10);
});

test('BRK-8 with every call failing, outbound ≤ 1.1 × inbound + 3 for each second', (t) => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 400 }),
    calls: fc.integer({ min: 0, max: 40 }),
    wishes: fc.integer({ min: 0, max: 120 }),
  });
  const property = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    let nowMs = 0;
    let inbound = 0;
    let outbound = 0;
    const budget = makeRetryBudget({ clock: { monotonicMs: () => nowMs } });
    for (const { waitMs, calls, wishes } of steps) {
      nowMs += waitMs;
      for (let i = 0; i < calls; i += 1) budget.recordCall();
      inbound += calls;
      outbound += calls;
      for (let i = 0; i < wishes; i += 1) if (budget.tryRetry()) outbound += 1;
    }
    const seconds = Math.floor(nowMs / 1_000) + 1;
    assert.ok(outbound <= 1.1 * inbound + 3 * seconds);
  });
  fc.assert(property, { numRuns: 1_000, seed: propertySeed(t) });
});
