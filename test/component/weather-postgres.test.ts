/** Without Postgres nothing is sent; once something was sent, Postgres being away costs no second charge. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import pg from 'pg';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { makePool } from '../../src/adapters/postgres/pool.ts';
import { makeTestDatabase, silentLogger } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { newKey, type Rig, SHORT_TIMINGS, startRig } from '../support/gateway-rig.ts';
import type { Answer } from '../support/simulators.ts';
import { type ProxyMode, startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** What pg sends with each of them: the name of the prepared statement. */
const INTENT = 'begin-intents';
const OUTCOME = 'apply-moves';
/** A worker that lost the result of its own claim waits for the end of that lease first. */
const SETTLED_MS = 30_000;

it('a connection in use that is cut ends its queries, and not the process', async () => {
  await using database = await makeTestDatabase();
  const { hostname: host, port } = new URL(database.url);
  await using proxy = await startTcpProxy({ host, port: Number(port) });
  const url = Object.assign(new URL(database.url), { port: String(proxy.port) });
  const pool = makePool({ connectionString: url.href }, silentLogger);
  const client = await pool.connect();
  const gone = new Promise((resolve) => client.once('end', resolve));
  proxy.cut();
  await gone;
  await assert.rejects(client.query('select 1'));
  client.release(true);
  assert.equal((await pool.query('select 1')).rowCount, 1);
  await pool.end();
});

describe('Postgres', () => {
  const owned = new AsyncDisposableStack();
  /** Between the api, the worker and the database. */
  let database: TcpProxy;
  /** Between the adapters and the simulators. */
  let providers: TcpProxy;
  let rig: Rig;

  before(async () => {
    rig = owned.use(
      await startRig({
        // Tight: two slow statements and a charge must not fit into one handler.
        env: { ...SHORT_TIMINGS, PROVIDER_TOTAL_MS: '1400', HANDLER_MS: '2500', LEASE_MS: '4500' },
        async databaseUrl(url) {
          const { hostname: host, port } = new URL(url);
          database = owned.use(await startTcpProxy({ host, port: Number(port) }));
          return Object.assign(new URL(url), { port: String(database.port) }).href;
        },
        async providersUrl(url) {
          providers = owned.use(await startTcpProxy({ port: Number(new URL(url).port) }));
          return `http://127.0.0.1:${providers.port}`;
        },
      }),
    );
  });
  after(() => owned.disposeAsync());
  afterEach(async () => {
    database.delay(0);
    await database.set('pass');
    await rig.control.clear();
    // The tests do not begin before the api has its database back.
    await eventually(async () => assert.equal((await rig.pay()).status, 202));
  });

  function assertUnavailable(answer: Answer): void {
    const { status, json, headers } = answer;
    assert.deepEqual([status, json.code, json.retry], [503, 'store-unavailable', 'same-key']);
    assert.ok(Number(headers.get('retry-after')) >= 1);
  }

  /** Bytes for the provider: tokens, charges and status queries alike. */
  const sentBytes = () => providers.traffic().bytes;

  /** All charges with the key's reference, of which there may be one. */
  async function assertOneCharge(answer: Answer): Promise<void> {
    assert.equal((await rig.chargesOf(answer)).length, 1);
    await rig.settled(answer, 'SUCCEEDED', SETTLED_MS);
    assert.deepEqual(await compareBooks(rig.database.pool), []);
  }

  /** The key is sent again until its truth is known: until then 409 or 503 and nothing else. */
  async function untilKnown(key: string, timeoutMs = 15_000): Promise<Answer> {
    return await eventually(
      async () => {
        const answer = await rig.pay({ key });
        if (answer.status !== 202) {
          const codes = ['payment-in-progress', 'store-unavailable'];
          assert.ok(codes.includes(answer.json.code), answer.text);
        }
        assert.equal(answer.status, 202);
        return answer;
      },
      { timeoutMs, everyMs: 100 },
    );
  }

  /** A session of its own that holds the table until it is let go. */
  async function lockPayments(): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: rig.database.url });
    await client.connect();
    await client.query('begin; lock table payments in access exclusive mode');
    return () => client.end();
  }

  /** Nothing of earlier tests is still being asked about. */
  const settledAll = () =>
    eventually(
      async () => {
        const { rows } = await rig.database.pool.query(
          `select 1 from payments where status not in ('SUCCEEDED', 'FAILED')
             and attempt_outcome is distinct from 'not_taken'`,
        );
        assert.equal(rows.length, 0);
      },
      { timeoutMs: SETTLED_MS },
    );

  for (const mode of ['refuse', 'reset', 'hang'] as const) {
    it(`that is away before the intent (${mode}) is 503, and no byte goes to a provider`, async () => {
      await settledAll();
      const before = sentBytes();
      const key = newKey();
      await database.set(mode);
      for (const answer of await Promise.all([rig.pay({ key }), rig.pay({ key }), rig.pay()])) {
        const busy = answer.status === 409;
        if (!busy) assertUnavailable(answer);
      }
      assert.equal(sentBytes(), before);
      await database.set('pass');
      await assertOneCharge(await untilKnown(key));
    });
  }

  it('that is away is 503 for reading and for an unknown API key too, never 401 or 404', async () => {
    const { json } = await rig.pay();
    const stranger = await rig.newMerchant();
    await database.set('refuse');
    assertUnavailable(await rig.get(`/v1/payments/${json.id}`));
    assertUnavailable(await rig.get('/v1/payments'));
    const headers = { authorization: `Bearer ${stranger.key}` };
    assertUnavailable(await rig.pay({ headers }));
    await database.set('pass');
    await eventually(async () => assert.equal((await rig.pay({ headers })).status, 202));
  });

  it('that committed the intent and lost the result is 503; the key soon drives to one charge', async () => {
    await settledAll();
    const before = sentBytes();
    const key = newKey();
    const sent = database.sent(INTENT);
    const answering = rig.pay({ key });
    await sent;
    await database.set('drop-replies');
    await eventually(async () => {
      const { rowCount } = await rig.database.pool.query(
        `select 1 from payments where status = 'RECEIVED' and lease_until is not null`,
      );
      assert.equal(rowCount, 1);
    });
    await database.set('refuse');
    assertUnavailable(await answering);
    assert.equal(sentBytes(), before);
    await database.set('pass');
    // Its lease would have held it for longer: the process that knows that nothing was sent frees it.
    const answer = await untilKnown(key, 4_000);
    assert.equal(answer.json.attempts.length, 1);
    await assertOneCharge(answer);
    assert.equal((await rig.chargesOf(answer))[0]?.requests, 1);
  });

  it('that never got the intent is 503, and the key drives at once', async () => {
    const key = newKey();
    await database.set('hang');
    const sent = database.sent(INTENT);
    const answering = rig.pay({ key });
    await sent;
    database.cut();
    assertUnavailable(await answering);
    await database.set('pass');
    await assertOneCharge(await untilKnown(key));
  });

  it('whose statements time out before the intent is 503, and nothing is left behind', async () => {
    await settledAll();
    const before = sentBytes();
    const key = newKey();
    const release = await lockPayments();
    const answer = await rig.pay({ key });
    await release();
    assertUnavailable(answer);
    assert.equal(sentBytes(), before);
    const driven = await rig.pay({ key });
    assert.equal(driven.status, 202);
    await assertOneCharge(driven);
  });

  it('that is slow leaves no time to send: overloaded, and no byte goes to a provider', async () => {
    await settledAll();
    const before = sentBytes();
    const key = newKey();
    // There and back, an intent takes more than handler and provider deadlines leave between them.
    database.delay(600);
    const answer = await rig.pay({ key });
    assert.deepEqual([answer.status, answer.json.code], [503, 'overloaded']);
    assert.ok(Number(answer.headers.get('retry-after')) >= 1);
    assert.equal(sentBytes(), before);
    database.delay(0);
    const driven = await untilKnown(key, 4_000);
    await assertOneCharge(driven);
    assert.equal((await rig.chargesOf(driven))[0]?.requests, 1);
  });

  describe('that fails after the charge left', () => {
    interface Case {
      name: string;
      /** What happens to the charge itself, which takes a moment. */
      fault: 'slow' | 'refuse';
      /** What the api sends when it is time to fail. */
      at(): Promise<void>;
      /** Resolves with the way back. */
      fail(): Promise<() => Promise<void>>;
    }
    const charged = () => providers.sent('/merchant/v1/payments/');
    const mode = (name: ProxyMode) => async () => {
      await database.set(name);
      return () => database.set('pass');
    };
    const cases: Case[] = [
      {
        name: 'by losing the result of the outcome',
        fault: 'slow',
        at: () => database.sent(OUTCOME),
        fail: mode('drop-replies'),
      },
      { name: 'by being refused', fault: 'slow', at: charged, fail: mode('refuse') },
      { name: 'by hanging', fault: 'slow', at: charged, fail: mode('hang') },
      { name: 'by not answering', fault: 'slow', at: charged, fail: mode('drop-replies') },
      { name: 'by a lock', fault: 'slow', at: charged, fail: lockPayments },
      // Nothing was taken, but nobody could know that for good.
      { name: 'before a refusal is recorded', fault: 'refuse', at: charged, fail: mode('refuse') },
    ];
    const keys = cases.map(newKey);
    const unknowns: Answer[] = [];

    // All of them first: the truth of each takes a lease to come out.
    before(async () => {
      await settledAll();
      for (const [index, { fault, at, fail }] of cases.entries()) {
        const key = keys[index] as string;
        const rule = { provider: 'AIRTEL', operation: 'charge', fault, delayMs: 500, times: 1 };
        await rig.control.faults(rule);
        const moment = at();
        const answering = rig.pay({ key });
        await moment;
        const heal = await fail();
        unknowns.push(await answering);
        await heal();
        const { status, json } = await eventually(async () => {
          const again = await rig.pay({ key });
          assert.notEqual(again.json.code, 'store-unavailable');
          return again;
        });
        // Nothing was stored, unless the commit went well and only its result was lost.
        if (status !== 202) assert.equal(json.code, 'payment-in-progress');
      }
    });

    for (const [index, { name }] of cases.entries()) {
      it(`${name} is 202 UNKNOWN that is not stored, and then the truth`, async () => {
        const unknown = unknowns[index] as Answer;
        assert.deepEqual([unknown.status, unknown.json.status], [202, 'UNKNOWN']);
        assert.equal(unknown.headers.get('idempotent-replayed'), null);
        const key = keys[index] as string;
        const known = await untilKnown(key);
        assert.deepEqual([known.json.id, known.json.status], [unknown.json.id, 'ACCEPTED']);
        assert.equal((await rig.pay({ key })).text, known.text);
        await assertOneCharge(known);
      });
    }
  });
});
