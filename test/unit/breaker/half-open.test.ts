import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accepted,
  DEMO_TIMING,
  makeRig,
  notSent,
  type Rig,
  refused,
  request,
  settle,
} from '../../support/breaker-rig.ts';

async function open(rig: Rig): Promise<void> {
  for (let i = 0; i < 3; i += 1) await rig.charge(refused);
  assert.equal(rig.guarded.health().charge.status, 'DOWN');
}

async function openThenHalfOpen(rig: Rig): Promise<void> {
  await open(rig);
  await rig.advance(10_000);
  assert.equal(rig.guarded.health().charge.status, 'DEGRADED');
}

test('BRK-5 half-open lets exactly one of 200 callers through', async (t) => {
  const rig = makeRig(t);
  await openThenHalfOpen(rig);
  const admissions = await Promise.all(
    Array.from({ length: 200 }, () => rig.guarded.admitCharge()),
  );
  assert.equal(admissions.filter((admission) => admission.admitted).length, 1);
  for (const admission of admissions) {
    if (admission.admitted) continue;
    assert.equal(admission.code, 'provider-unavailable');
    assert.ok(admission.retryAfterSeconds >= 1);
  }
  assert.notEqual(rig.guarded.chargeRefusal(), null);
});

test('BRK-5 a probe that succeeds closes it', async (t) => {
  const rig = makeRig(t);
  await openThenHalfOpen(rig);
  assert.equal(await rig.charge(accepted), 'accepted');
  assert.equal(rig.guarded.health().charge.status, 'OPERATIONAL');
  assert.equal(await rig.charge(refused), 'not_taken');
  assert.equal(rig.guarded.health().charge.status, 'OPERATIONAL', 'its window starts afresh');
});

test('BRK-5 a probe that fails opens it for another reset time', async (t) => {
  const rig = makeRig(t);
  await openThenHalfOpen(rig);
  await rig.charge(refused);
  assert.equal(rig.guarded.health().charge.status, 'DOWN');
  await rig.advance(9_900);
  assert.equal(rig.guarded.health().charge.status, 'DOWN');
  await rig.advance(100);
  assert.equal(rig.guarded.health().charge.status, 'DEGRADED');
});

test('BRK-5 the open time doubles with each failed probe, to its limit', async (t) => {
  const timing = { ...DEMO_TIMING, resetGrowth: 2, resetMaxMs: 50_000 };
  const rig = makeRig(t, { timing });
  await open(rig);
  const openSeconds: (number | null)[] = [];
  for (let i = 0; i < 5; i += 1) {
    const { retryAfterSeconds } = rig.guarded.health().charge;
    openSeconds.push(retryAfterSeconds);
    await rig.advance((retryAfterSeconds ?? 0) * 1_000);
    assert.equal(rig.guarded.health().charge.status, 'DEGRADED');
    await rig.charge(i < 4 ? refused : accepted);
  }
  assert.deepEqual(openSeconds, [10, 20, 40, 50, 50]);
  await open(rig);
  assert.equal(rig.guarded.health().charge.retryAfterSeconds, 10);
});

for (const late of [accepted, refused]) {
  test(`BRK-5 a late ${late.kind} from before moves neither open nor half-open`, async (t) => {
    const rig = makeRig(t);
    const early = [await rig.permit(), await rig.permit()];
    const charging = early.map((permit) => permit.charge(request, { timeoutMs: 60_000 }));
    const [first, second] = rig.charges;
    await open(rig);
    first?.end(late);
    assert.equal((await charging[0])?.kind, late.kind);
    assert.equal(rig.guarded.health().charge.status, 'DOWN');
    await rig.advance(10_000);
    second?.end(late);
    assert.equal((await charging[1])?.kind, late.kind);
    assert.equal(rig.guarded.health().charge.status, 'DEGRADED');
    assert.equal(rig.guarded.chargeRefusal(), null, 'the probe is still to be had');
  });
}

test('BRK-5 a late failure from before does not count once it is closed again', async (t) => {
  const rig = makeRig(t);
  const charging = [];
  for (let i = 0; i < 5; i += 1) {
    charging.push((await rig.permit()).charge(request, { timeoutMs: 60_000 }));
  }
  const early = [...rig.charges];
  await openThenHalfOpen(rig);
  await rig.charge(accepted);
  for (const call of early) call.end(refused);
  await Promise.all(charging);
  assert.equal(rig.guarded.health().charge.status, 'OPERATIONAL');
});

test('BRK-5 of two who waited for a place in half-open, one gets the probe', async (t) => {
  const charge = { maxConcurrent: 3, maxQueue: 2, queueMs: 60_000 };
  const rig = makeRig(t, { bulkhead: { charge, status: charge } });
  for (let i = 0; i < 3; i += 1) {
    void (await rig.permit()).charge(request, { timeoutMs: 3_000 });
  }
  await rig.advance(3_500);
  assert.equal(rig.guarded.health().charge.status, 'DOWN', 'and all places are still taken');
  await rig.advance(10_000);
  const waiting = [rig.guarded.admitCharge(), rig.guarded.admitCharge()];
  for (const call of rig.charges) call.end(accepted);
  const admissions = await Promise.all(waiting);
  assert.deepEqual(
    admissions.map((admission) => admission.admitted),
    [true, false],
  );
});

test('BRK-5 a probe released without a charge goes to the next caller', async (t) => {
  const rig = makeRig(t);
  await openThenHalfOpen(rig);
  const probe = await rig.permit();
  assert.equal((await rig.guarded.admitCharge()).admitted, false);
  probe.release();
  const next = await rig.permit();
  probe.release();
  assert.equal(
    (await rig.guarded.admitCharge()).admitted,
    false,
    'released twice is released once',
  );
  next.release();
});

test('BRK-5 a probe that is neither used nor released is taken back', async (t) => {
  const rig = makeRig(t, { permitMs: 4_000 });
  await openThenHalfOpen(rig);
  const forgotten = await rig.permit();
  await rig.advance(3_900);
  assert.equal((await rig.guarded.admitCharge()).admitted, false);
  await rig.advance(100);
  const next = await rig.permit();
  const outcome = await forgotten.charge(request, { timeoutMs: 3_000 });
  assert.equal(outcome.kind === 'not_taken' && outcome.reason, 'permit-spent');
  assert.equal(rig.charges.length, 3, 'nothing was sent');
  next.release();
});

test('BRK-5 a probe that hangs past its deadline opens it again', async (t) => {
  const rig = makeRig(t);
  await openThenHalfOpen(rig);
  const charging = (await rig.permit()).charge(request, { timeoutMs: 3_000 });
  await rig.advance(3_500);
  assert.equal((await charging).kind, 'unknown');
  assert.equal(rig.guarded.health().charge.status, 'DOWN');
});

test('BRK-5 a probe that was not sent proves nothing and goes to the next caller', async (t) => {
  const rig = makeRig(t);
  await openThenHalfOpen(rig);
  await rig.charge(notSent);
  assert.equal(rig.guarded.health().charge.status, 'DEGRADED');
  assert.equal(await rig.charge(accepted), 'accepted');
  assert.equal(rig.guarded.health().charge.status, 'OPERATIONAL');
});

test('a permit from before the opening cannot pass for the probe', async (t) => {
  const rig = makeRig(t);
  const early = await rig.permit();
  await openThenHalfOpen(rig);
  const outcome = await early.charge(request, { timeoutMs: 3_000 });
  assert.equal(outcome.kind === 'not_taken' && outcome.reason, 'breaker-open');
  assert.equal(rig.guarded.health().charge.status, 'DEGRADED');
});

test('BRK-7 Retry-After is the remaining open time rounded up, then jitter', async (t) => {
  let jitter = 0;
  const rig = makeRig(t, { random: () => jitter });
  await open(rig);
  const retryAfter = () => rig.guarded.chargeRefusal()?.retryAfterSeconds;
  assert.equal(retryAfter(), 10);
  await rig.advance(100);
  assert.equal(retryAfter(), 10);
  await rig.advance(8_900);
  assert.equal(retryAfter(), 1);
  jitter = 0.999;
  assert.equal(retryAfter(), 2);
  await rig.advance(900);
  jitter = 0;
  assert.equal(retryAfter(), 1);
});

test('BRK-6 while open, the same refusal object is handed out again', async (t) => {
  const rig = makeRig(t);
  await open(rig);
  assert.equal(rig.guarded.chargeRefusal(), rig.guarded.chargeRefusal());
});

test('health says since when, and for how long only while down', async (t) => {
  const rig = makeRig(t);
  const since = () => rig.guarded.health().charge.since.getTime();
  assert.deepEqual(rig.guarded.health().charge, {
    status: 'OPERATIONAL',
    since: new Date(0),
    retryAfterSeconds: null,
  });
  await rig.advance(500);
  await open(rig);
  assert.equal(since(), 500);
  await rig.advance(10_000);
  assert.deepEqual(rig.guarded.health().charge, {
    status: 'DEGRADED',
    since: new Date(10_500),
    retryAfterSeconds: null,
  });
  await rig.charge(accepted);
  await settle();
  assert.equal(since(), 10_500);
});
