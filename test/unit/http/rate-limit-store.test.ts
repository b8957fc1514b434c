import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  makeRateLimitStore,
  type RateLimitRedis,
} from '../../../src/adapters/http/rate-limit-store.ts';
import type { Clock } from '../../../src/domain/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { systemClock } from '../../support/http-harness.ts';

const WINDOW_MS = 60_000;

function movableClock(): Clock & { advance(ms: number): void } {
  let nowMs = 0;
  return {
    ...systemClock,
    now: () => new Date(1_700_000_000_000 + nowMs),
    monotonicMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

/** Counts as the script does, for one key, with a window that ends in `leftMs`. */
function countingRedis(leftMs = WINDOW_MS): RateLimitRedis & { total: number; calls: number } {
  return {
    total: 0,
    calls: 0,
    async eval(_script, _keys, ...args) {
      this.calls += 1;
      this.total += Number(args[1]);
      return [this.total, leftMs];
    },
  };
}

test('each key has its own count, and a window ends', () => {
  const clock = movableClock();
  const store = makeRateLimitStore({ prefix: 'r:', windowMs: WINDOW_MS, redis: null, clock });
  assert.equal(store.increment('a').totalHits, 1);
  assert.equal(store.increment('a').totalHits, 2);
  assert.equal(store.increment('b').totalHits, 1);
  clock.advance(WINDOW_MS - 1);
  assert.equal(store.increment('a').totalHits, 3);
  assert.equal(store.increment('a').resetTime.getTime() - clock.now().getTime(), 1);
  clock.advance(1);
  assert.equal(store.increment('a').totalHits, 1);
});

test('two processes add up through Redis, and take its end of the window', async (t) => {
  const redis = countingRedis(30_000);
  const clock = movableClock();
  const make = () => makeRateLimitStore({ prefix: 'r:', windowMs: WINDOW_MS, redis, clock });
  const [one, two] = [make(), make()];
  t.after(() => [one, two].forEach((store) => void store.close()));
  for (let count = 0; count < 10; count += 1) one.increment('a');
  await eventually(() => assert.equal(redis.total, 10));
  two.increment('a');
  await eventually(() => assert.equal(redis.total, 11));
  await eventually(() => assert.ok(two.increment('a').totalHits >= 12));
  const { resetTime } = two.increment('a');
  assert.equal(resetTime.getTime() - clock.now().getTime(), 30_000);
});

test('a request never waits for Redis, and a burst is one command', async (t) => {
  const redis = countingRedis();
  const clock = movableClock();
  const store = makeRateLimitStore({ prefix: 'r:', windowMs: WINDOW_MS, redis, clock });
  t.after(() => store.close());
  for (let count = 1; count <= 1_000; count += 1) {
    assert.equal(store.increment('a').totalHits, count);
  }
  await eventually(() => assert.equal(redis.total, 1_000));
  assert.equal(redis.calls, 1);
});

test('BRK-10 a Redis that refuses, hangs or lies leaves a count per process', async (t) => {
  let calls = 0;
  const failures = [
    () => Promise.reject(new Error('down')),
    () => new Promise<never>(() => {}),
    () => Promise.resolve('nonsense'),
  ];
  for (const fail of failures) {
    const redis: RateLimitRedis = {
      eval() {
        calls += 1;
        return fail();
      },
    };
    const clock = movableClock();
    const store = makeRateLimitStore({ prefix: 'r:', windowMs: WINDOW_MS, redis, clock });
    t.after(() => store.close());
    const before = calls;
    for (let count = 1; count <= 5; count += 1) store.increment('a');
    await eventually(() => assert.ok(calls > before));
    assert.equal(store.increment('a').totalHits, 6);
  }
});

test('a flood of keys does not grow memory without end', () => {
  const clock = movableClock();
  const store = makeRateLimitStore({ prefix: 'r:', windowMs: WINDOW_MS, redis: null, clock });
  store.increment('first');
  for (let count = 0; count < 100_000; count += 1) store.increment(`key-${count}`);
  assert.equal(store.increment('first').totalHits, 1);
});
