import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import type { RateLimitRedis } from '../../src/adapters/http/rate-limit-store.ts';
import { eventually } from '../support/eventually.ts';
import { fakeKeys, pay, startHttp } from '../support/http-harness.ts';

const url = process.env.TEST_REDIS_URL;
const skip = url === undefined ? 'TEST_REDIS_URL is not set' : false;

test('BRK-10 two copies share one limit per merchant through Redis', { skip }, async (t) => {
  const redis = new Redis(url ?? '');
  t.after(() => redis.disconnect());
  const merchantId = randomUUID();
  const keys = {
    async verify(key: string) {
      const caller = await fakeKeys.verify(key);
      return caller === null ? null : { ...caller, merchantId };
    },
  };
  const options = { settings: { merchantRequestsPerMinute: 10 }, app: { redis, keys } };
  await using one = await startHttp(options);
  await using two = await startHttp(options);
  for (let count = 0; count < 6; count += 1) assert.equal((await pay(one.url)).status, 202);
  const counted = `rate:merchant:${merchantId}`;
  await eventually(async () => assert.equal(await redis.get(counted), '6'));
  assert.equal((await pay(two.url)).status, 202);
  await eventually(async () => assert.equal(await redis.get(counted), '7'));
  const leftMs = await redis.pttl(counted);
  assert.ok(leftMs > 0 && leftMs <= 60_000, 'the window ends by itself');
  const statuses: number[] = [];
  await eventually(async () => {
    statuses.push((await pay(two.url)).status);
    assert.equal(statuses.at(-1), 429);
  });
  assert.ok(statuses.length <= 4, `only ${statuses.length - 1} more were let through`);
});

test('BRK-10 a Redis that hangs leaves a limit per copy and delays nothing', async () => {
  let asked = 0;
  const redis: RateLimitRedis = {
    eval() {
      asked += 1;
      return new Promise(() => {});
    },
  };
  const options = { settings: { merchantRequestsPerMinute: 5 }, app: { redis } };
  await using http = await startHttp(options);
  const statuses: number[] = [];
  for (let count = 0; count < 7; count += 1) statuses.push((await pay(http.url)).status);
  assert.deepEqual(statuses, [202, 202, 202, 202, 202, 429, 429]);
  await eventually(() => assert.equal(asked, 1));
});
