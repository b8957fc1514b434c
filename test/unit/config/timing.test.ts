import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROFILES } from '../../../src/config/timing-profiles.ts';
import { API_ENV, load, refusal } from '../../support/config-env.ts';

test('the demo profile is the one that others rely on', () => {
  const config = load({}, { role: 'dev' });
  const { timing, rateLimits } = config;
  assert.deepEqual(timing.breaker, {
    volume: 3,
    failurePercent: 60,
    windowMs: 10_000,
    resetMs: 10_000,
    resetGrowth: 1,
    resetMaxMs: 10_000,
  });
  assert.deepEqual([timing.providerTotalMs, timing.handlerMs, timing.leaseMs], [3e3, 6e3, 10e3]);
  assert.deepEqual([timing.firstStatusQueryMs, timing.graceMs], [1_000, 5_000]);
  assert.equal(timing.statusDelaysMs.at(0), 1_000);
  assert.equal(timing.statusDelaysMs.at(-1), 10_000);
  assert.equal(timing.manualReviewAfterMs, 1_800_000);
  assert.deepEqual(rateLimits, { merchantPerMinute: 600_000, addressPerMinute: 60_000 });
});

test('the standard profile is the one that others rely on', () => {
  const { timing, rateLimits } = load(API_ENV);
  assert.deepEqual(timing.breaker, {
    volume: 20,
    failurePercent: 60,
    windowMs: 30_000,
    resetMs: 30_000,
    resetGrowth: 2,
    resetMaxMs: 300_000,
  });
  assert.deepEqual([timing.providerTotalMs, timing.handlerMs, timing.leaseMs], [10e3, 15e3, 30e3]);
  assert.deepEqual([timing.firstStatusQueryMs, timing.graceMs], [5_000, 600_000]);
  assert.equal(timing.statusDelaysMs.length, 11);
  assert.equal(timing.manualReviewAfterMs, null);
  assert.deepEqual(rateLimits, { merchantPerMinute: 6_000, addressPerMinute: 600 });
});

test('each cell wins over the profile', () => {
  const env = {
    ...API_ENV,
    TIMING_PROFILE: 'demo',
    BREAKER_VOLUME: '7',
    GRACE_MS: '1234',
    STATUS_DELAYS_MS: '5, 6',
    MANUAL_REVIEW_AFTER_MS: '0',
    RATE_LIMIT_MERCHANT_PER_MIN: '9',
  };
  const { timing, rateLimits } = load(env);
  assert.equal(timing.breaker.volume, 7);
  assert.equal(timing.breaker.windowMs, 10_000);
  assert.equal(timing.graceMs, 1_234);
  assert.deepEqual(timing.statusDelaysMs, [5, 6]);
  assert.equal(timing.manualReviewAfterMs, null);
  assert.equal(rateLimits.merchantPerMinute, 9);
});

test('reading a profile leaves it as it is', () => {
  load({ ...API_ENV, BREAKER_VOLUME: '7' });
  assert.equal(PROFILES.standard.timing.breaker.volume, 20);
});

test('AMB-10 both profiles keep the order of deadlines', () => {
  load({ ...API_ENV, TIMING_PROFILE: 'demo' });
  load({ ...API_ENV, TIMING_PROFILE: 'standard' });
});

const TURNED: [Record<string, string>, string][] = [
  [{ PROVIDER_CONNECT_MS: '10000' }, 'PROVIDER_CONNECT_MS < PROVIDER_TOTAL_MS'],
  [{ HANDLER_MS: '10000' }, 'PROVIDER_TOTAL_MS < HANDLER_MS'],
  [{ DATABASE_STATEMENT_TIMEOUT_MS: '15000' }, 'DATABASE_STATEMENT_TIMEOUT_MS < HANDLER_MS'],
  [{ REDIS_COMMAND_TIMEOUT_MS: '15000' }, 'REDIS_COMMAND_TIMEOUT_MS < HANDLER_MS'],
  [{ BULKHEAD_QUEUE_MS: '15000' }, 'BULKHEAD_QUEUE_MS < HANDLER_MS'],
  [{ LEASE_MS: '16999' }, 'HANDLER_MS + 2000 <= LEASE_MS'],
  [{ CLOSE_AFTER_MS: '630000' }, 'LEASE_MS + GRACE_MS < CLOSE_AFTER_MS'],
  [{ MANUAL_REVIEW_AFTER_MS: '630000' }, 'LEASE_MS + GRACE_MS < MANUAL_REVIEW_AFTER_MS, or 0'],
  [{ BREAKER_WINDOW_MS: '29999' }, 'BREAKER_WINDOW_MS >= 3 x PROVIDER_TOTAL_MS'],
  [{ BREAKER_RESET_MS: '10000' }, 'PROVIDER_TOTAL_MS < BREAKER_RESET_MS'],
  [{ BREAKER_RESET_MAX_MS: '29999' }, 'BREAKER_RESET_MS <= BREAKER_RESET_MAX_MS'],
  [{ MAX_IN_FLIGHT: '384' }, 'BULKHEAD_CONCURRENT + BULKHEAD_QUEUE < MAX_IN_FLIGHT'],
  [{ KEEP_ALIVE_MS: '60000' }, 'LOAD_BALANCER_IDLE_MS < KEEP_ALIVE_MS'],
  [{ DEREGISTRATION_DELAY_MS: '15000' }, 'DEREGISTRATION_DELAY_MS + HANDLER_MS < DRAIN_MS'],
  [{ DRAIN_MS: '60000' }, 'DRAIN_MS < STOP_TIMEOUT_MS'],
];

for (const [env, rule] of TURNED) {
  test(`AMB-10 the start refuses what breaks ${rule}`, () => {
    const { problems } = refusal({ ...API_ENV, ...env });
    assert.equal(problems.length, 1);
    assert.ok(problems[0]?.expected.startsWith(rule), problems[0]?.expected);
    for (const name of Object.keys(env)) assert.ok(problems[0]?.variable.includes(name));
  });
}

test('AMB-10 a millisecond after lease and grace is late enough, and 0 asks for no time at all', () => {
  load({ ...API_ENV, CLOSE_AFTER_MS: '630001', MANUAL_REVIEW_AFTER_MS: '630001' });
  load({ ...API_ENV, MANUAL_REVIEW_AFTER_MS: '0' });
});

test('AMB-10 every broken rule is named, not just the first', () => {
  const { problems } = refusal({ ...API_ENV, PROVIDER_TOTAL_MS: '30000' });
  assert.deepEqual(
    problems.map(({ expected }) => expected),
    [
      'PROVIDER_TOTAL_MS < HANDLER_MS',
      'BREAKER_WINDOW_MS >= 3 x PROVIDER_TOTAL_MS',
      'PROVIDER_TOTAL_MS < BREAKER_RESET_MS',
    ],
  );
});
