import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChargePermit } from '../../../src/domain/gate.ts';
import {
  accepted,
  makeRig,
  pending,
  query,
  refused,
  request,
  settle,
} from '../../support/breaker-rig.ts';

const SMALL = {
  charge: { maxConcurrent: 2, maxQueue: 1, queueMs: 200 },
  status: { maxConcurrent: 1, maxQueue: 0, queueMs: 200 },
};

function inFlight(metrics: string[]): number[] {
  return metrics
    .filter((line) => line.startsWith('providerInFlight AIRTEL/ZM/charge'))
    .map((line) => Number(line.split(' ').at(-1)));
}

test('BRK-3 a full bulkhead refuses with its own code and leaves the breaker alone', async (t) => {
  const rig = makeRig(t, { bulkhead: { ...SMALL, charge: { ...SMALL.charge, maxQueue: 0 } } });
  await rig.permit();
  await rig.permit();
  for (let i = 0; i < 100; i += 1) {
    const admission = await rig.guarded.admitCharge();
    assert.deepEqual(admission, {
      admitted: false,
      code: 'provider-saturated',
      retryAfterSeconds: 1,
    });
  }
  assert.equal(rig.guarded.chargeRefusal()?.code, 'provider-saturated');
  assert.equal(rig.guarded.health().charge.status, 'OPERATIONAL');
  assert.equal(rig.metrics.at(-1), 'breakerRejection AIRTEL/ZM/charge saturated');
});

test('BRK-3 the in-flight gauge never exceeds the cap, also when every call hangs', async (t) => {
  const rig = makeRig(t, { bulkhead: SMALL });
  const arrivals = Array.from({ length: 20 }, async () => {
    const admission = await rig.guarded.admitCharge();
    if (!admission.admitted) return admission.code;
    return (await admission.charge(request, { timeoutMs: 1_000 })).kind;
  });
  await rig.advance(2_000);
  const kinds = await Promise.all(arrivals);
  assert.equal(kinds.filter((kind) => kind === 'unknown').length, 2);
  assert.equal(kinds.filter((kind) => kind === 'provider-saturated').length, 18);
  assert.equal(Math.max(...inFlight(rig.metrics)), 2);
  assert.equal(inFlight(rig.metrics).at(-1), 2, 'past its deadline a running call keeps its place');
  for (const call of rig.charges) call.end(accepted);
  await settle();
  assert.equal(inFlight(rig.metrics).at(-1), 0);
});

test('BRK-3 one waits in the queue, and gets the place that is given back', async (t) => {
  const rig = makeRig(t, { bulkhead: SMALL });
  const first = await rig.permit();
  await rig.permit();
  assert.equal(rig.guarded.chargeRefusal(), null, 'there is room to wait');
  const waiting = rig.guarded.admitCharge();
  assert.equal(rig.guarded.chargeRefusal()?.code, 'provider-saturated');
  first.release();
  assert.equal((await waiting).admitted, true);
  assert.deepEqual(inFlight(rig.metrics), [0, 1, 2]);
});

test('BRK-3 the queue is first come, first served', async (t) => {
  const rig = makeRig(t, {
    bulkhead: { ...SMALL, charge: { maxConcurrent: 1, maxQueue: 3, queueMs: 200 } },
  });
  let current: ChargePermit = await rig.permit();
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (number) => {
    const permit = await rig.permit();
    order.push(number);
    return permit;
  });
  for (const next of waiting) {
    current.release();
    current = await next;
  }
  current.release();
  assert.deepEqual(order, [1, 2, 3]);
});

test('BRK-3 waiting ends at the queue’s deadline', async (t) => {
  const rig = makeRig(t, { bulkhead: SMALL });
  await rig.permit();
  await rig.permit();
  const waiting = rig.guarded.admitCharge();
  await rig.advance(200);
  const admission = await waiting;
  assert.equal(admission.admitted === false && admission.code, 'provider-saturated');
});

test('BRK-3 those who wait learn at once that the breaker has opened', async (t) => {
  const rig = makeRig(t, {
    bulkhead: { ...SMALL, charge: { maxConcurrent: 3, maxQueue: 6, queueMs: 5_000 } },
  });
  const permits = [await rig.permit(), await rig.permit(), await rig.permit()];
  const charging = permits.map((permit) => permit.charge(request, { timeoutMs: 3_000 }));
  const waiting = Array.from({ length: 6 }, () => rig.guarded.admitCharge());
  for (const call of rig.charges) call.end(refused);
  await Promise.all(charging);
  const admissions = await Promise.all(waiting);
  assert.equal(rig.guarded.health().charge.status, 'DOWN');
  for (const admission of admissions) {
    if (admission.admitted) {
      // It got a freed place before the third failure; the breaker stops it at the charge.
      const outcome = await admission.charge(request, { timeoutMs: 3_000 });
      assert.equal(outcome.kind === 'not_taken' && outcome.reason, 'breaker-open');
    } else assert.equal(admission.code, 'provider-unavailable');
  }
  assert.equal(rig.charges.length, 3);
  assert.equal(inFlight(rig.metrics).at(-1), 0);
});

test('a permit that is forgotten gives its place back', async (t) => {
  const rig = makeRig(t, { bulkhead: SMALL, permitMs: 1_000 });
  await rig.permit();
  await rig.permit();
  await rig.advance(1_000);
  assert.equal(inFlight(rig.metrics).at(-1), 0);
  await rig.permit();
});

test('BRK-3 charges and status queries do not share places', async (t) => {
  const rig = makeRig(t, { bulkhead: SMALL });
  await rig.permit();
  await rig.permit();
  const asking = rig.guarded.queryStatus(query, { timeoutMs: 3_000 });
  await settle();
  rig.statuses[0]?.end(pending);
  assert.equal((await asking).kind, 'pending');
});

test('closing ends all waiting', async (t) => {
  const rig = makeRig(t, { bulkhead: SMALL });
  await rig.permit();
  await rig.permit();
  const waiting = rig.guarded.admitCharge();
  await rig.guarded.close();
  assert.equal((await waiting).admitted, false);
});
