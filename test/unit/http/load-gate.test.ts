import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestContext } from '../../../src/adapters/http/context.ts';
import { makeLoadGate } from '../../../src/adapters/http/load-gate.ts';

function request(): RequestContext {
  return {
    ...{
      requestId: '',
      arrivedAtMs: 0,
      route: '',
      caller: null,
      paymentId: null,
      traceId: null,
      code: null,
      atWork: false,
      leave: null,
    },
  };
}

function gate(maxInFlight: number, meanMs = () => 0) {
  const loopDelay = { meanMs, close() {} };
  return makeLoadGate({ maxInFlight, maxEventLoopDelayMs: 100, loopDelay });
}

test('BRK-9 above the cap a request is overloaded with a time to come back', () => {
  const loadGate = gate(2);
  const first = request();
  loadGate.enter(first);
  loadGate.enter(request());
  const refused = request();
  assert.throws(
    () => loadGate.enter(refused),
    (error: { code: string; retryAfterSeconds: number }) => {
      assert.equal(error.code, 'overloaded');
      return error.retryAfterSeconds >= 1 && error.retryAfterSeconds <= 3;
    },
  );
  loadGate.leave(refused);
  assert.equal(loadGate.inFlight(), 2, 'a refused request frees no place');
  loadGate.leave(first);
  loadGate.leave(first);
  assert.equal(loadGate.inFlight(), 1, 'a place is freed once');
  loadGate.enter(request());
});

test('BRK-9 a late event loop sheds, and stops shedding when it has caught up', () => {
  let meanMs = 101;
  const loadGate = gate(10, () => meanMs);
  assert.throws(() => loadGate.enter(request()), { code: 'overloaded' });
  meanMs = 100;
  loadGate.enter(request());
});
