/** Whatever Redis does, the answers are the same: it saves time, and decides nothing about money. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { startServers } from '../../scripts/servers/start-servers.ts';
import { eventually } from '../support/eventually.ts';
import { newKey, type Rig, SHORT_TIMINGS, startRig } from '../support/gateway-rig.ts';
import type { Answer } from '../support/simulators.ts';
import { type ProxyMode, startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** RED-2: Redis is back in use this long after its return, at most. */
const RECOVERY_MS = 5_000;
const REFUSE_ONCE = { provider: 'AIRTEL', operation: 'charge', fault: 'refuse', times: 1 };

describe('Redis', () => {
  const owned = new AsyncDisposableStack();
  let redis: Redis;
  let proxy: TcpProxy;
  let rig: Rig;

  before(async () => {
    // A Redis of its own: other tests use theirs while this one is flushed.
    const { redisUrl } = owned.use(await startServers({ redis: true }));
    redis = owned.adopt(new Redis(redisUrl), (client) => client.disconnect());
  });
  after(() => owned.disposeAsync());

  /** Two copies of the api, and a proxy between them and Redis that is in this mode from the start. */
  async function start(stack: AsyncDisposableStack, mode: ProxyMode): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = redis.options;
    proxy = stack.use(await startTcpProxy({ host, port }));
    await proxy.set(mode);
    const redisUrl = `redis://127.0.0.1:${proxy.port}`;
    rig = stack.use(await startRig({ apis: 2, redisUrl, env: SHORT_TIMINGS }));
  }

  /** One answer and one charge for a key, however often it is sent, and no 5xx of ours. */
  async function keepsItsPromises({ rounds = 1, copies = 20 } = {}): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const key = newKey();
      const duplicates = Array.from({ length: copies }, (_, i) => rig.pay({ key, api: i % 2 }));
      const answers = await Promise.all(duplicates);
      const others = answers.filter(({ status }) => status !== 202 && status !== 409);
      assert.deepEqual(others, []);
      const accepted = answers.filter(({ status }) => status === 202);
      const fresh = accepted.filter(({ headers }) => !headers.has('idempotent-replayed'));
      const [first] = fresh as [Answer];
      assert.deepEqual([fresh.length, new Set(accepted.map(({ text }) => text)).size], [1, 1]);
      for (const api of [0, 1]) {
        const again = await rig.pay({ key, api });
        assert.equal(again.text, first.text);
        assert.equal(again.headers.get('idempotent-replayed'), 'true');
      }
      const other = await rig.pay({ key, body: { amount: '21.00' } });
      assert.deepEqual([other.status, other.json.code], [422, 'idempotency-key-reused']);
      const charges = await rig.chargesOf(first);
      assert.deepEqual(
        charges.map(({ requests }) => requests),
        [1],
      );
    }
    await drivesAgain();
  }

  /** What was refused is not stored anywhere: the same key drives it again. */
  async function drivesAgain(): Promise<void> {
    await rig.control.faults(REFUSE_ONCE);
    const key = newKey();
    const refused = await rig.pay({ key });
    assert.deepEqual([refused.status, refused.json.code], [502, 'provider-refused']);
    const driven = await rig.pay({ key, api: 1 });
    assert.deepEqual([driven.status, driven.json.id], [202, refused.json.paymentId]);
    assert.equal((await rig.chargesOf(driven)).length, 1);
  }

  /** An answer is cached again: claims go to Redis, and what they lead to comes back to it. */
  async function isInUse(): Promise<void> {
    await eventually(
      async () => {
        await redis.flushall();
        await rig.pay();
        await eventually(async () => assert.match(String(await claims()), /^a\|/), {
          timeoutMs: 100,
        });
      },
      { timeoutMs: RECOVERY_MS },
    );
  }

  async function claims(): Promise<string[]> {
    const names = await redis.keys('idem:*');
    return names.length === 0 ? [] : (await redis.mget(names)).map((value) => value ?? '');
  }

  it('RED-2 that is down from the start changes no answer, and is used once it is there', async () => {
    await using running = new AsyncDisposableStack();
    await start(running, 'refuse');
    await keepsItsPromises();
    assert.deepEqual(await claims(), []);
    await proxy.set('pass');
    await isInUse();
    await keepsItsPromises();
  });

  describe('that ran well', () => {
    before(() => start(owned, 'pass'));
    afterEach(async () => {
      await proxy.set('pass');
      await rig.control.clear();
    });

    it('answers most duplicates itself', async () => {
      await keepsItsPromises();
      await isInUse();
      await keepsItsPromises();
    });

    for (const mode of ['refuse', 'hang', 'reset', 'drop-replies'] as const) {
      it(`RED-2 changes no answer when it goes away mid-way (${mode}), and comes back`, async () => {
        await keepsItsPromises();
        const under = keepsItsPromises({ rounds: 5, copies: 10 });
        await proxy.set(mode);
        await under;
        await keepsItsPromises();
        await proxy.set('pass');
        await isInUse();
        await keepsItsPromises();
      });
    }

    it('RED-3 that took a claim and lost its reply is no obstacle to its owner', async () => {
      await isInUse();
      const key = newKey();
      const claimed = proxy.sent('\r\nNX\r\n');
      const answering = rig.pay({ key });
      await claimed;
      await proxy.set('drop-replies');
      const answer = await answering;
      assert.equal(answer.status, 202);
      await proxy.set('pass');
      for (const api of [0, 1]) assert.equal((await rig.pay({ key, api })).text, answer.text);
      assert.equal((await rig.chargesOf(answer)).length, 1);
    });

    it('RED-3 whose reply was lost before a refusal lets the key drive again', async () => {
      await isInUse();
      await rig.control.faults(REFUSE_ONCE);
      const key = newKey();
      const claimed = proxy.sent('\r\nNX\r\n');
      const answering = rig.pay({ key });
      await claimed;
      await proxy.set('drop-replies');
      assert.equal((await answering).status, 502);
      await proxy.set('pass');
      const driven = await rig.pay({ key });
      assert.equal(driven.status, 202);
      assert.equal((await rig.chargesOf(driven))[0]?.requests, 2);
    });

    for (const fault of ['slow', 'refuse']) {
      it(`RED-4 keeps a newer owner's claim from a late one (${fault})`, async () => {
        await isInUse();
        await redis.flushall();
        const rule = { provider: 'AIRTEL', operation: 'charge', fault, delayMs: 500, times: 1 };
        await rig.control.faults(rule);
        const key = newKey();
        const answering = rig.pay({ key });
        const [name = ''] = await eventually(async () => {
          const names = await redis.keys('idem:*');
          assert.equal(names.length, 1);
          return names;
        });
        const newer = `c|somebody-newer|${'0'.repeat(64)}`;
        await redis.set(name, newer, 'PX', 60_000);
        const answer = await answering;
        assert.equal(answer.status, fault === 'slow' ? 202 : 502);
        // Whatever the late owner does to its claim follows its answer at once, in one connection.
        await rig.pay();
        assert.equal(await redis.get(name), newer);
        const next = await rig.pay({ key });
        assert.equal(next.status, 202);
        assert.equal((await rig.chargesOf(next)).length, 1);
      });
    }

    it('RED-5 that is full refuses writes, and Postgres decides alone', async () => {
      await redis.config('SET', 'maxmemory', '1');
      await keepsItsPromises({ rounds: 3 });
      await redis.config('SET', 'maxmemory', '0');
      await isInUse();
      await keepsItsPromises();
    });

    it('RED-1 IDM-5 flushed every 200 ms charges each key once', async () => {
      const nemesis = setInterval(() => void redis.flushall(), 200);
      try {
        await keepsItsPromises({ rounds: 30, copies: 50 });
      } finally {
        clearInterval(nemesis);
      }
      const charges = await rig.control.charges();
      assert.equal(new Set(charges.map(({ reference }) => reference)).size, charges.length);
    });
  });
});
