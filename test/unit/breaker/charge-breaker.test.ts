import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accepted,
  DEMO_TIMING,
  declined,
  makeRig,
  notSent,
  refused,
  request,
  settle,
  timedOut,
} from '../../support/breaker-rig.ts';

test('BRK-1 the demo profile answers ok, failure, failure, refused, refused', async (t) => {
  const { charge, charges } = makeRig(t);
  const kinds = [];
  for (const outcome of [accepted, refused, refused, accepted, accepted]) {
    kinds.push(await charge(outcome));
  }
  assert.deepEqual(kinds, [
    'accepted',
    'not_taken',
    'not_taken',
    'provider-unavailable',
    'provider-unavailable',
  ]);
  assert.equal(charges.length, 3, 'a refused charge reaches no provider');
});

test('BRK-1 three failures of five are 60 percent and not above it: it stays closed', async (t) => {
  const { charge, guarded } = makeRig(t, { timing: { ...DEMO_TIMING, volume: 5 } });
  for (const outcome of [accepted, accepted, refused, refused, refused]) await charge(outcome);
  assert.equal(guarded.health().charge.status, 'OPERATIONAL');
  await charge(refused);
  assert.equal(guarded.health().charge.status, 'DOWN');
});

test('BRK-1 failures older than the window do not count', async (t) => {
  const { charge, guarded, advance } = makeRig(t);
  await charge(refused);
  await charge(refused);
  await advance(10_000);
  await charge(refused);
  assert.equal(guarded.health().charge.status, 'OPERATIONAL');
});

test('BRK-1 an open charge breaker leaves status queries alone', async (t) => {
  const { charge, guarded } = makeRig(t);
  for (let i = 0; i < 3; i += 1) await charge(refused);
  assert.equal(guarded.health().charge.status, 'DOWN');
  assert.equal(guarded.health().status.status, 'OPERATIONAL');
});

test('BRK-1 each guard gets settings of its own, and frozen ones are not touched', async (t) => {
  const timing = Object.freeze({ ...DEMO_TIMING, resetGrowth: 2, resetMaxMs: 40_000 });
  const { charge, advance } = makeRig(t, { timing });
  for (let i = 0; i < 3; i += 1) await charge(refused);
  await advance(10_000);
  await charge(refused);
  assert.equal(timing.resetMs, 10_000);
});

test('BRK-2 the timeout of one payment leaves a later one untouched', async (t) => {
  const { permit, charges } = makeRig(t);
  const first = (await permit()).charge(request, { timeoutMs: 3_000 });
  const second = (await permit()).charge(request, { timeoutMs: 3_000 });
  charges[0]?.end(timedOut);
  assert.equal((await first).kind, 'unknown');
  charges[1]?.end(accepted);
  assert.equal((await second).kind, 'accepted');
});

test('BRK-2 the whole deadline is the adapter’s; a call that outlives it is lost', async (t) => {
  const { permit, charges, advance, logs, guarded } = makeRig(t);
  const charging = (await permit()).charge(request, { timeoutMs: 3_000 });
  assert.equal(charges[0]?.timeoutMs, 3_000);
  await advance(3_500);
  assert.deepEqual(await charging, {
    kind: 'unknown',
    failure: true,
    reason: 'deadline-overrun',
  });
  assert.deepEqual(logs, ['provider call ran past its deadline']);
  assert.equal(guarded.health().charge.status, 'OPERATIONAL');
});

test('BRK-4 a thousand declines in a row keep it closed', async (t) => {
  const { charge, guarded } = makeRig(t);
  for (let i = 0; i < 1_000; i += 1) assert.equal(await charge(declined), 'declined');
  assert.equal(guarded.health().charge.status, 'OPERATIONAL');
});

test('BRK-4 timeouts, refusals and an adapter that throws count alike', async (t) => {
  const { charge, charges, permit, guarded, logs } = makeRig(t);
  await charge(timedOut);
  await charge(refused);
  const charging = (await permit()).charge(request, { timeoutMs: 3_000 });
  charges.at(-1)?.fail(new Error('a defect'));
  assert.deepEqual(await charging, { kind: 'unknown', failure: true, reason: 'adapter-threw' });
  assert.equal(guarded.health().charge.status, 'DOWN');
  assert.deepEqual(logs, ['provider adapter threw', 'breaker open']);
});

test('BRK-4 a charge that was never sent says nothing about the provider', async (t) => {
  const { charge, guarded } = makeRig(t);
  await charge(refused);
  await charge(refused);
  for (let i = 0; i < 50; i += 1) await charge(notSent);
  await charge(refused);
  assert.equal(guarded.health().charge.status, 'DOWN', 'it did not dilute the share of failures');
});

test('a charge admitted before the breaker opened is not sent after it', async (t) => {
  const { charge, charges, permit, metrics } = makeRig(t);
  const early = await permit();
  for (let i = 0; i < 3; i += 1) await charge(refused);
  const outcome = await early.charge(request, { timeoutMs: 3_000 });
  assert.deepEqual(outcome, {
    kind: 'not_taken',
    failure: false,
    cause: 'not-sent',
    reason: 'breaker-open',
    providerCode: null,
  });
  assert.equal(charges.length, 3);
  assert.equal(metrics.at(-1), 'breakerRejection AIRTEL/ZM/charge open');
});

test('a permit charges once: the second call gets the first one’s outcome', async (t) => {
  const { permit, charges } = makeRig(t);
  const admission = await permit();
  const first = admission.charge(request, { timeoutMs: 3_000 });
  const second = admission.charge(request, { timeoutMs: 3_000 });
  charges[0]?.end(accepted);
  assert.equal(await first, await second);
  assert.equal(charges.length, 1);
});

test('a released permit charges no more', async (t) => {
  const { permit, charges } = makeRig(t);
  const admission = await permit();
  admission.release();
  admission.release();
  const outcome = await admission.charge(request, { timeoutMs: 3_000 });
  assert.equal(outcome.kind === 'not_taken' && outcome.reason, 'permit-spent');
  assert.equal(charges.length, 0);
});

test('metrics tell the state from the start, each outcome and each refusal', async (t) => {
  const { charge, metrics, guarded } = makeRig(t);
  assert.deepEqual(metrics, [
    'breakerState AIRTEL/ZM/charge 0',
    'providerInFlight AIRTEL/ZM/charge 0',
    'breakerState AIRTEL/ZM/status 0',
    'providerInFlight AIRTEL/ZM/status 0',
  ]);
  for (let i = 0; i < 3; i += 1) await charge(refused);
  guarded.chargeRefusal();
  await settle();
  assert.deepEqual(metrics.slice(4), [
    'providerInFlight AIRTEL/ZM/charge 1',
    'providerInFlight AIRTEL/ZM/charge 0',
    'providerRequest AIRTEL/ZM/charge not_taken 0',
    'providerInFlight AIRTEL/ZM/charge 1',
    'providerInFlight AIRTEL/ZM/charge 0',
    'providerRequest AIRTEL/ZM/charge not_taken 0',
    'providerInFlight AIRTEL/ZM/charge 1',
    'providerInFlight AIRTEL/ZM/charge 0',
    'breakerState AIRTEL/ZM/charge 2',
    'providerRequest AIRTEL/ZM/charge not_taken 0',
    'breakerRejection AIRTEL/ZM/charge open',
  ]);
});

test('after close nothing is admitted and late answers do no harm', async (t) => {
  const { permit, charges, guarded } = makeRig(t);
  const charging = (await permit()).charge(request, { timeoutMs: 3_000 });
  await guarded.close();
  charges[0]?.end(accepted);
  assert.equal((await charging).kind, 'accepted');
  const admission = await guarded.admitCharge();
  assert.equal(admission.admitted === false && admission.code, 'provider-unavailable');
});
