import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { makeIdempotencyStore } from '../../src/adapters/redis/idempotency-store.ts';
import type { IdempotencyStore, StoredAnswer } from '../../src/domain/ports.ts';
import { systemIds } from '../../src/system.ts';
import { type FakeRedis, makeFakeIdempotencyStore } from '../simulation/fake-idempotency.ts';
import { directWire, type Wire } from '../simulation/wire.ts';
import { silentLogger } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

const newKey = () => `test-${randomBytes(12).toString('hex')}`;
const answer: StoredAnswer = {
  status: 202,
  contentType: 'application/json',
  paymentId: 'pay_1',
  body: '{"text":"with | bars, and ünïcode"}',
};

interface Harness {
  open(leaseMs: number): Promise<IdempotencyStore>;
  /** A store that nobody can reach. */
  openLost(): IdempotencyStore;
  forget(key: string): Promise<unknown>;
  stop(): void;
}

function overRedis(): Harness {
  const address = process.env.TEST_REDIS_URL as string;
  const plain = new Redis(address);
  const clients: Redis[] = [plain];
  return {
    async open(leaseMs) {
      const client = connectRedis({ url: address, commandTimeoutMs: 5_000 }, silentLogger);
      clients.push(client);
      await eventually(() => assert.equal(client.status, 'ready'));
      return makeIdempotencyStore(client, systemIds, { leaseMs }, silentLogger);
    },
    openLost() {
      const client = connectRedis({ host: '127.0.0.1', port: 1 }, silentLogger);
      clients.push(client);
      return makeIdempotencyStore(client, systemIds, { leaseMs: 1_000 }, silentLogger);
    },
    forget: (key) => plain.del(`idem:${key}`),
    stop() {
      for (const client of clients) client.disconnect();
    },
  };
}

function simulated(): Harness {
  const redis: FakeRedis = new Map();
  const lost: Wire = { call: () => Promise.reject(new Error('timed out')) };
  const make = (leaseMs: number, wire: Wire) =>
    makeFakeIdempotencyStore({ redis, ids: systemIds, nowMs: Date.now, leaseMs, wire });
  return {
    open: async (leaseMs) => make(leaseMs, directWire),
    openLost: () => make(1_000, lost),
    forget: async (key) => redis.delete(key),
    stop() {},
  };
}

it('environments with prefixes of their own share a Redis, and no key', async () => {
  const url = process.env.TEST_REDIS_URL as string;
  const run = randomBytes(6).toString('hex');
  await using stack = new AsyncDisposableStack();
  const open = async (keyPrefix: string) => {
    const client = connectRedis({ url, keyPrefix, commandTimeoutMs: 5_000 }, silentLogger);
    stack.defer(() => client.disconnect());
    await eventually(() => assert.equal(client.status, 'ready'));
    return makeIdempotencyStore(client, systemIds, { leaseMs: 10_000 }, silentLogger);
  };
  const [staging, sandbox] = [await open(`staging-${run}:`), await open(`sandbox-${run}:`)];
  const claim = await staging.claim('k', 'f1');
  assert.ok(claim.kind === 'granted');
  await staging.complete('k', claim.token, 'f1', answer);
  assert.deepEqual(await staging.look('k'), { kind: 'answered', fingerprint: 'f1', answer });
  assert.deepEqual(await sandbox.look('k'), { kind: 'free' });
  assert.equal((await sandbox.claim('k', 'f1')).kind, 'granted');
  const plain = new Redis(url);
  stack.defer(() => plain.disconnect());
  assert.equal(await plain.exists(`staging-${run}:idem:k`, `sandbox-${run}:idem:k`), 2);
});

for (const [name, start] of Object.entries({ Redis: overRedis, 'the simulation': simulated })) {
  describe(`IdempotencyStore over ${name}`, () => suite(start));
}

function suite(start: () => Harness): void {
  let harness: Harness;
  let store: IdempotencyStore;
  before(async () => {
    harness = start();
    store = await harness.open(10_000);
  });
  after(() => harness.stop());

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
    await harness.forget(key);
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
    const short = await harness.open(50);
    const key = newKey();
    assert.equal((await short.claim(key, 'f1')).kind, 'granted');
    await eventually(async () => assert.equal((await store.claim(key, 'f1')).kind, 'granted'));
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
    const lost = harness.openLost();
    for (let i = 0; i < 10; i += 1) {
      assert.deepEqual(await lost.claim(newKey(), 'f1'), { kind: 'unavailable' });
    }
    await lost.release(newKey(), 'token');
    await lost.complete(newKey(), null, 'f1', answer);
  });
}
