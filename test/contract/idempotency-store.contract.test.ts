import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { makeIdempotencyStore } from '../../src/adapters/redis/idempotency-store.ts';
import type { IdempotencyStore, StoredAnswer } from '../../src/domain/ports.ts';
import { systemIds } from '../../src/system.ts';
import { silentLogger } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

const address = process.env.TEST_REDIS_URL as string;
const newKey = () => `test-${randomBytes(12).toString('hex')}`;
const answer: StoredAnswer = {
  status: 202,
  contentType: 'application/json',
  paymentId: 'pay_1',
  body: '{"text":"with | bars, and ünïcode"}',
};

describe('IdempotencyStore over Redis', () => {
  let redis: Redis;
  let store: IdempotencyStore;
  let plain: Redis;
  const open = (leaseMs: number) => {
    const client = connectRedis({ url: address, commandTimeoutMs: 5_000 }, silentLogger);
    return { client, store: makeIdempotencyStore(client, systemIds, { leaseMs }, silentLogger) };
  };
  before(async () => {
    ({ client: redis, store } = open(10_000));
    plain = new Redis(address);
    await eventually(() => assert.equal(redis.status, 'ready'));
  });
  after(() => {
    redis.disconnect();
    plain.disconnect();
  });

  async function claimed(key: string): Promise<string> {
    const claim = await store.claim(key, 'f1');
    assert.ok(claim.kind === 'granted');
    return claim.token;
  }

  it('RED-3 grants a key to exactly one of many claims at once', async () => {
    const key = newKey();
    const claims = await Promise.all(Array.from({ length: 100 }, () => store.claim(key, 'f1')));
    assert.equal(claims.filter(({ kind }) => kind === 'granted').length, 1);
    assert.equal(claims.filter(({ kind }) => kind === 'held').length, 99);
  });

  it('replays committed bytes with the content that they answer', async () => {
    const key = newKey();
    await store.complete(key, await claimed(key), 'f1', answer);
    assert.deepEqual(await store.claim(key, 'f2'), { kind: 'answered', fingerprint: 'f1', answer });
  });

  it('looks at what a claim would meet, and claims nothing', async () => {
    const key = newKey();
    assert.deepEqual(await store.look(key), { kind: 'free' });
    assert.deepEqual(await store.look(key), { kind: 'free' });
    const token = await claimed(key);
    assert.deepEqual(await store.look(key), { kind: 'held' });
    await store.complete(key, token, 'f1', answer);
    assert.deepEqual(await store.look(key), { kind: 'answered', fingerprint: 'f1', answer });
  });

  it('RED-4 releases and completes only its own claim', async () => {
    const key = newKey();
    const old = await claimed(key);
    await plain.del(`idem:${key}`);
    const fresh = await claimed(key);
    await store.release(key, old);
    assert.equal((await store.claim(key, 'f1')).kind, 'held');
    await store.complete(key, old, 'f1', answer);
    assert.equal((await store.claim(key, 'f1')).kind, 'held');
    await store.release(key, fresh);
    assert.equal((await store.claim(key, 'f1')).kind, 'granted');
  });

  it('caches an answer whose claim was forgotten, and never over a claim of another', async () => {
    const key = newKey();
    await store.complete(key, null, 'f1', answer);
    assert.equal((await store.claim(key, 'f1')).kind, 'answered');
    const other = newKey();
    await claimed(other);
    await store.complete(other, null, 'f1', answer);
    assert.equal((await store.claim(other, 'f1')).kind, 'held');
  });

  it('lets a claim run out with its lease, so that a dead owner blocks nobody for longer', async () => {
    const short = open(50);
    await eventually(() => assert.equal(short.client.status, 'ready'));
    const key = newKey();
    assert.equal((await short.store.claim(key, 'f1')).kind, 'granted');
    await eventually(async () => assert.equal((await store.claim(key, 'f1')).kind, 'granted'));
    short.client.disconnect();
  });

  it('IDM-1 keeps hostile keys to themselves: what a caller sends never becomes a Redis command', async () => {
    for (const key of ['*', 'a\r\nFLUSHALL\r\n', '\0', '{x}', '?', '[a-z]']) {
      const unique = `${newKey()}${key}`;
      const token = await claimed(unique);
      assert.equal((await store.claim(unique, 'f1')).kind, 'held');
      await store.release(unique, token);
    }
  });

  it('RED-2 says unavailable, and throws nothing, when Redis cannot be reached', async () => {
    const client = connectRedis({ host: '127.0.0.1', port: 1 }, silentLogger);
    const lost = makeIdempotencyStore(client, systemIds, { leaseMs: 1_000 }, silentLogger);
    for (let i = 0; i < 10; i += 1) {
      assert.deepEqual(await lost.claim(newKey(), 'f1'), { kind: 'unavailable' });
    }
    await lost.release(newKey(), 'token');
    await lost.complete(newKey(), null, 'f1', answer);
    client.disconnect();
  });
});
