/** What is sent to Redis, word for word; that Redis does with it what is meant, the contract suite shows. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Redis } from 'ioredis';
import { makeIdempotencyStore } from '../../../src/adapters/redis/idempotency-store.ts';
import type { StoredAnswer } from '../../../src/domain/ports.ts';
import type { Logger } from '../../../src/domain/telemetry.ts';

const answer: StoredAnswer = {
  ...{ status: 202, contentType: 'application/json', paymentId: 'pay_1' },
  body: '{"text":"a | and b || c"}',
};
const quiet = { warn() {}, info() {} } as unknown as Logger;
const WRITTEN = `a|f1|202|application/json|pay_1|${answer.body}`;

function setUp(reply: unknown = null, answerTtlMs?: number) {
  const sent: unknown[][] = [];
  const take =
    (name: string) =>
    async (...args: unknown[]) => {
      sent.push([name, ...args]);
      if (reply instanceof Error) throw reply;
      return typeof reply === 'function' ? reply(...args) : reply;
    };
  const client = {
    ...{ set: take('set'), mget: take('mget'), eval: take('eval') },
    disconnect: () => sent.push(['disconnect']),
  } as unknown as Redis;
  const settings = { leaseMs: 10_000, ...(answerTtlMs === undefined ? {} : { answerTtlMs }) };
  const store = makeIdempotencyStore(client, { token: () => 't1' }, settings, quiet);
  return { store, sent };
}

describe('a claim', () => {
  it('RED-3 is one command that sets nothing which is there, for the time of a lease', async () => {
    const { store, sent } = setUp();
    assert.deepEqual(await store.claim('k', 'f1'), { kind: 'granted', token: 'c|t1|f1' });
    assert.deepEqual(sent, [['set', 'idem:k', 'c|t1|f1', 'PX', 10_000, 'NX', 'GET']]);
  });

  it('RED-3 of ours whose reply was lost is recognised by its token', async () => {
    const { store } = setUp((_: string, token: string) => token);
    assert.deepEqual(await store.claim('k', 'f1'), { kind: 'granted', token: 'c|t1|f1' });
  });

  it("meets somebody else's claim, or an answer to the byte", async () => {
    assert.deepEqual(await setUp('c|t2|f1').store.claim('k', 'f1'), { kind: 'held' });
    const met = { kind: 'answered', fingerprint: 'f1', answer };
    assert.deepEqual(await setUp(WRITTEN).store.claim('k', 'f1'), met);
  });
});

describe('a look', () => {
  it('says what a claim would meet, and sets nothing', async () => {
    const { store, sent } = setUp([null]);
    assert.deepEqual(await store.look('k'), { kind: 'free' });
    assert.deepEqual(sent, [['mget', ['idem:k']]]);
    assert.deepEqual(await setUp(['c|t2|f1']).store.look('k'), { kind: 'held' });
    const met = { kind: 'answered', fingerprint: 'f1', answer };
    assert.deepEqual(await setUp([WRITTEN]).store.look('k'), met);
  });

  it('shares a command with the others of its turn, and is answered about its own key', async () => {
    const { store, sent } = setUp((names: string[]) =>
      names.map((name) => (name === 'idem:k7' ? WRITTEN : name === 'idem:k9' ? 'c|t2|f1' : null)),
    );
    const keys = Array.from({ length: 130 }, (_, i) => `k${i}`);
    const found = await Promise.all(keys.map((key) => store.look(key)));
    const expected = keys.map((_, i) => (i === 7 ? 'answered' : i === 9 ? 'held' : 'free'));
    assert.deepEqual(
      found.map(({ kind }) => kind),
      expected,
    );
    assert.deepEqual(
      sent.map(([name, names]) => [name, (names as string[]).length]),
      [
        ['mget', 100],
        ['mget', 30],
      ],
    );
  });

  it('fails with the others of its turn, and never throws', async () => {
    const { store } = setUp(new Error('timed out'));
    const found = await Promise.all([store.look('a'), store.look('b')]);
    assert.deepEqual(found, [{ kind: 'unavailable' }, { kind: 'unavailable' }]);
  });
});

describe('an answer', () => {
  it('RED-4 is written over our own claim or over nothing, for a day unless told otherwise', async () => {
    for (const [ttl, written] of [[undefined, 86_400_000] as const, [5_000, 5_000] as const]) {
      const { store, sent } = setUp(1, ttl);
      await store.complete('k', 'c|t1|f1', 'f1', answer);
      const [[name, script, ...rest] = []] = sent;
      assert.equal(name, 'eval');
      assert.match(String(script), /if not held or held == ARGV\[1\] then redis\.call\('set'/);
      assert.deepEqual(rest, [1, 'idem:k', 'c|t1|f1', WRITTEN, written]);
    }
  });

  it('RED-4 without a claim of ours names none, so that it replaces nobody', async () => {
    const { store, sent } = setUp(1);
    await store.complete('k', null, 'f1', answer);
    assert.equal(sent[0]?.[4], '');
  });
});

describe('a release', () => {
  it('RED-4 deletes our own claim only', async () => {
    const { store, sent } = setUp(1);
    await store.release('k', 'c|t1|f1');
    const [[, script, ...rest] = []] = sent;
    assert.match(String(script), /if redis\.call\('get', KEYS\[1\]\) == ARGV\[1\] then/);
    assert.deepEqual(rest, [1, 'idem:k', 'c|t1|f1']);
  });
});

describe('a Redis that is away', () => {
  it('RED-2 is told, and nothing throws', async () => {
    const { store } = setUp(new Error('timed out'), 1);
    assert.deepEqual(await store.claim('k', 'f1'), { kind: 'unavailable' });
    assert.deepEqual(await store.look('k'), { kind: 'unavailable' });
    await store.complete('k', 't', 'f1', answer);
    await store.release('k', 't');
  });

  it('is let go when the store closes', async () => {
    const { store, sent } = setUp();
    await store.close();
    assert.deepEqual(sent, [['disconnect']]);
  });
});
