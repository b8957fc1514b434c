import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRetryBudget } from '../../../src/adapters/breaker/retry-budget.ts';
import type { StatusOutcome } from '../../../src/domain/provider.ts';
import { makeRig, pending, query, type Rig, settle, unclear } from '../../support/breaker-rig.ts';

/** Ends each status call at once, as `answer` says for the n-th one. */
async function ask(
  rig: Rig,
  answer: (count: number) => StatusOutcome,
  timeoutMs = 3_000,
): Promise<StatusOutcome> {
  let done: StatusOutcome | undefined;
  void rig.guarded.queryStatus(query, { timeoutMs }).then((outcome) => {
    done = outcome;
  });
  let seen = rig.statuses.length;
  await settle();
  while (done === undefined) {
    for (; seen < rig.statuses.length; seen += 1) rig.statuses[seen]?.end(answer(seen + 1));
    await rig.advance(100);
  }
  return done;
}

test('BRK-8 a status query is tried three times at most', async (t) => {
  const rig = makeRig(t, { timing: { ...BIG_VOLUME } });
  assert.deepEqual(await ask(rig, () => unclear), unclear);
  assert.equal(rig.statuses.length, 3);
});

test('BRK-8 the first clear answer ends the tries', async (t) => {
  const rig = makeRig(t);
  assert.deepEqual(await ask(rig, (count) => (count === 2 ? pending : unclear)), pending);
  assert.equal(rig.statuses.length, 2);
});

test('BRK-8 an unclear answer that is not the provider’s failure is not retried', async (t) => {
  const rig = makeRig(t);
  const ours: StatusOutcome = { kind: 'unclear', failure: false, reason: 'token-refused' };
  assert.deepEqual(await ask(rig, () => ours), ours);
  assert.equal(rig.statuses.length, 1);
});

test('BRK-8 no try begins when too little of the time is left', async (t) => {
  const rig = makeRig(t);
  const asking = rig.guarded.queryStatus(query, { timeoutMs: 1_000 });
  await settle();
  await rig.advance(950);
  rig.statuses[0]?.end(unclear);
  assert.deepEqual(await asking, unclear);
  assert.equal(rig.statuses.length, 1);
});

test('each try gets only what is left of the time', async (t) => {
  const rig = makeRig(t, { random: () => 0.5 });
  const asking = rig.guarded.queryStatus(query, { timeoutMs: 3_000 });
  await settle();
  await rig.advance(1_000);
  rig.statuses[0]?.end(unclear);
  await settle();
  await rig.advance(50);
  assert.equal(rig.statuses[1]?.timeoutMs, 1_950);
  rig.statuses[1]?.end(pending);
  assert.equal((await asking).kind, 'pending');
});

test('an open breaker answers at once and asks nobody', async (t) => {
  const rig = makeRig(t);
  await ask(rig, () => unclear);
  assert.equal(rig.guarded.health().status.status, 'DOWN');
  const before = rig.statuses.length;
  const outcome = await rig.guarded.queryStatus(query, { timeoutMs: 3_000 });
  assert.deepEqual(outcome, { kind: 'unclear', failure: true, reason: 'breaker-open' });
  assert.equal(rig.statuses.length, before);
  assert.equal(rig.guarded.health().charge.status, 'OPERATIONAL', 'charges go on');
});

test('in half-open the probe is not retried when it fails', async (t) => {
  const rig = makeRig(t);
  await ask(rig, () => unclear);
  await rig.advance(10_000);
  assert.equal(rig.guarded.health().status.status, 'DEGRADED');
  const before = rig.statuses.length;
  assert.deepEqual(await ask(rig, () => unclear), unclear);
  assert.equal(rig.statuses.length, before + 1);
  assert.equal(rig.guarded.health().status.status, 'DOWN');
});

test('a full bulkhead is unclear and no failure of the provider', async (t) => {
  const rig = makeRig(t, {
    bulkhead: {
      charge: { maxConcurrent: 1, maxQueue: 0, queueMs: 100 },
      status: { maxConcurrent: 1, maxQueue: 1, queueMs: 500 },
    },
  });
  void rig.guarded.queryStatus(query, { timeoutMs: 60_000 });
  const waiting = rig.guarded.queryStatus(query, { timeoutMs: 300 });
  await rig.advance(300);
  assert.deepEqual(await waiting, { kind: 'unclear', failure: false, reason: 'bulkhead-full' });
});

test('BRK-8 a spent budget leaves a query with its first try', async (t) => {
  const clock = { monotonicMs: () => 0 };
  const rig = makeRig(t, {
    timing: BIG_VOLUME,
    retryBudget: makeRetryBudget({ clock, share: 0, minPerSecond: 3 }),
  });
  for (let i = 0; i < 3; i += 1) await ask(rig, () => unclear);
  assert.equal(rig.statuses.length, 6, 'three queries and three retries');
});

test('BRK-8 with the provider down, what goes out stays within the budget', async (t) => {
  const rig = makeRig(t, { timing: BIG_VOLUME, random: () => 0.5 });
  let inbound = 0;
  for (let step = 0; step < 50; step += 1) {
    for (let i = 0; i < 20; i += 1) {
      inbound += 1;
      void rig.guarded.queryStatus(query, { timeoutMs: 3_000 });
    }
    await settle();
    for (const call of rig.statuses) call.end(unclear);
    await rig.advance(100);
  }
  const seconds = 6;
  assert.ok(rig.statuses.length <= 1.1 * inbound + 3 * seconds, `${rig.statuses.length}`);
  assert.ok(rig.statuses.length > inbound, 'it does retry');
});

/** Never opens in these tests. */
const BIG_VOLUME = {
  volume: 100_000,
  failurePercent: 60,
  windowMs: 10_000,
  resetMs: 10_000,
  resetGrowth: 1,
  resetMaxMs: 10_000,
};
