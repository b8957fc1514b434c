/** One key is one charge, whoever dies, whatever is lost, and however often it is sent again. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { startServers } from '../../scripts/servers/start-servers.ts';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { makePaymentStore } from '../../src/adapters/postgres/payment-store.ts';
import { makePrune } from '../../src/adapters/postgres/prune.ts';
import { eventually } from '../support/eventually.ts';
import {
  AIRTEL_WALLET,
  MTN_WALLET,
  newKey,
  type Rig,
  SHORT_TIMINGS,
  startRig,
} from '../support/gateway-rig.ts';
import { dispatchLink } from '../support/holding.ts';
import type { Answer } from '../support/simulators.ts';

const WALLETS = [
  { provider: 'AIRTEL', msisdn: AIRTEL_WALLET },
  { provider: 'MTN', msisdn: MTN_WALLET },
] as const;

const charge = (provider: string, fault: string, more: object = {}) => ({
  ...{ provider, operation: 'charge', fault, times: 1 },
  ...more,
});

/** What was sealed cannot be forgotten. */
const UNSEALED = { ...SHORT_TIMINGS, WORKER_LOOPS: 'relay,jobs,settle,prune' };

const FORGOTTEN = ['idempotency_keys', 'attempts', 'discrepancies', 'payment_timeline'];

/** As if Postgres had lost it: every row of the payment, its ledger's too, which no program may delete. */
async function forget(rig: Rig, paymentId: string): Promise<void> {
  const client = await rig.database.pool.connect();
  try {
    await client.query('begin');
    await client.query("set local session_replication_role = 'replica'");
    const { rowCount } = await client.query('delete from payments where id = $1', [paymentId]);
    assert.equal(rowCount, 1);
    for (const table of FORGOTTEN) {
      await client.query(`delete from ${table} where payment_id = $1`, [paymentId]);
    }
    await client.query(
      `with gone as (delete from ledger_transactions where payment_id = $1 returning id)
       delete from ledger_entries using gone where transaction_id = gone.id`,
      [paymentId],
    );
    await client.query(
      `delete from ledger_unsealed u
       where not exists (select from ledger_transactions where id = u.transaction_id)`,
    );
    await client.query('commit');
  } finally {
    client.release();
  }
}

describe('a key', () => {
  const owned = new AsyncDisposableStack();
  let redis: Redis;
  let rig: Rig;

  before(async () => {
    // A Redis of its own: this one is flushed.
    const { redisUrl } = owned.use(await startServers({ redis: true }));
    redis = owned.adopt(new Redis(redisUrl), (client) => client.disconnect());
    rig = owned.use(await startRig({ apis: 2, redisUrl, env: UNSEALED }));
  });
  after(() => owned.disposeAsync());
  afterEach(async () => {
    await rig.control.clear();
    assert.deepEqual(await compareBooks(rig.database.pool), []);
  });

  const payWith = (key: string, msisdn: string, api = 0) =>
    rig.pay({ key, api, body: { payer: { msisdn } } });

  const sql = (text: string, ...values: unknown[]) => rig.database.pool.query(text, values);

  async function assertOneCharge(answer: Answer, requests: number): Promise<void> {
    await rig.settled(answer, 'SUCCEEDED');
    const charges = await rig.chargesOf(answer);
    assert.deepEqual(
      charges.map((one) => one.requests),
      [requests],
    );
  }

  for (const { provider, msisdn } of WALLETS) {
    it(`whose answer ${provider} lost is charged once, though it is sent ten times more`, async () => {
      await rig.control.faults(charge(provider, 'timeout-after'));
      const key = newKey();
      const first = payWith(key, msisdn);
      // Half of them while the first is under way, half after it.
      const during = await Promise.all([1, 0, 1, 0, 1].map((api) => payWith(key, msisdn, api)));
      const lost = await first;
      const all = [...during, lost];
      for (let i = 0; i < 5; i += 1) all.push(await payWith(key, msisdn, i % 2));
      const unknown = all.find(({ status }) => status === 202) as Answer;
      assert.equal(unknown.json.status, 'UNKNOWN');
      for (const { status, text, json } of all) {
        if (status === 202) assert.equal(text, unknown.text);
        else assert.equal(json.code, 'payment-in-progress');
      }
      assert.equal((await payWith(key, msisdn)).text, unknown.text);
      await assertOneCharge(unknown, 1);
    });

    it(`that ${provider} refused is driven again, among duplicates, to one charge`, async () => {
      const times = 6;
      await rig.control.faults(charge(provider, 'refuse', { times }));
      const key = newKey();
      const answers: Answer[] = [];
      while (!answers.some(({ status }) => status === 202)) {
        const duplicates = Array.from({ length: 10 }, (_, i) => payWith(key, msisdn, i % 2));
        answers.push(...(await Promise.all(duplicates)));
      }
      const statuses = new Set(answers.map(({ status }) => status));
      assert.deepEqual([...statuses.difference(new Set([202, 409, 502]))], []);
      const refused = answers.filter(({ json }) => json.code === 'provider-refused');
      assert.equal(refused.length, times);
      const accepted = answers.filter(({ status }) => status === 202);
      assert.equal(new Set(accepted.map(({ text }) => text)).size, 1);
      const [first] = accepted as [Answer];
      assert.equal(first.json.attempts.length, 1);
      assert.deepEqual(
        new Set(refused.map(({ json }) => json.paymentId)),
        new Set([first.json.id]),
      );
      await assertOneCharge(first, times + 1);
    });

    it(`AMB-4 that ${provider} lists late is UNKNOWN until it is listed, and never FAILED`, async () => {
      await rig.control.faults(charge(provider, 'timeout-after'), {
        ...{ provider, operation: 'status', fault: 'listed-late', delayMs: 2_500 },
      });
      const answer = await payWith(newKey(), msisdn);
      assert.equal(answer.json.status, 'UNKNOWN');
      await assertOneCharge(answer, 1);
    });

    it(`IDM-10 that we forgot sends the reference that ${provider} knows, and is not charged again`, async () => {
      const key = newKey();
      const first = await payWith(key, msisdn);
      await redis.flushall();
      await forget(rig, first.json.id);
      const again = await payWith(key, msisdn);
      assert.deepEqual([again.status, again.json.status], [202, 'ACCEPTED']);
      assert.equal(again.headers.get('idempotent-replayed'), null);
      assert.notEqual(again.json.id, first.json.id);
      const [before, now] = [first.json.attempts[0], again.json.attempts[0]];
      assert.equal(now.providerReference, before.providerReference);
      assert.equal(now.reason, 'duplicate-reference');
      await assertOneCharge(again, 2);
    });
  }

  describe('whose api died', () => {
    /** The state that a first dispatch leaves when its api dies right after the intent's commit. */
    async function dieAfterIntent(refused: Answer): Promise<void> {
      const { rowCount } = await sql(
        `update payments set attempt_outcome = null, lease_until = now() + interval '500 ms',
           grace_until = now() + interval '800 ms', next_check_at = now() + interval '500 ms'
         where id = $1`,
        refused.json.paymentId,
      );
      assert.equal(rowCount, 1);
      await sql(
        'update attempts set outcome = null, reason = null, ended_at = null where payment_id = $1',
        refused.json.paymentId,
      );
    }

    /** The same by the store itself, for a dispatch that is not the first. */
    async function dieAfterRedrive(refused: Answer): Promise<void> {
      const { rows } = await sql(
        `select p.fence, p.timeline_count as count, encode(p.timeline_head, 'hex') as hash,
           a.provider, a.market, a.provider_reference as "providerReference"
         from payments p join attempts a on a.payment_id = p.id where p.id = $1`,
        refused.json.paymentId,
      );
      const link = dispatchLink(refused.json.paymentId, rows[0]);
      const times = { leaseMs: 500, graceMs: 300, resolvesInMs: 60_000 };
      const dispatch = { route: rows[0], requestId: 'r', traceparent: 't', ...times, link };
      const store = makePaymentStore(rig.database.pool);
      assert.ok(await store.redrive(refused.json.paymentId, rows[0].fence, dispatch));
    }

    const deaths = { 'the intent': dieAfterIntent, 'taking it up again': dieAfterRedrive };
    for (const [when, die] of Object.entries(deaths)) {
      it(`after ${when}, with nothing sent, is free after two "not found" and drives to one charge`, async () => {
        await rig.control.faults(charge('AIRTEL', 'refuse'));
        const key = newKey();
        const refused = await rig.pay({ key });
        assert.equal(refused.status, 502);
        await die(refused);
        const waiting = await rig.pay({ key });
        assert.deepEqual([waiting.status, waiting.json.code], [409, 'payment-in-progress']);
        assert.ok(Number(waiting.headers.get('retry-after')) >= 1);
        await eventually(async () => {
          const { json } = await rig.get(`/v1/payments/${refused.json.paymentId}`);
          assert.equal(json.status, 'RECEIVED');
          assert.deepEqual(
            [json.attempts[0].outcome, json.attempts[0].reason],
            ['not_taken', 'not-found'],
          );
        });
        const driven = await rig.pay({ key });
        assert.deepEqual([driven.status, driven.json.id], [202, refused.json.paymentId]);
        assert.equal(driven.json.attempts.length, 1);
        await assertOneCharge(driven, 2);
      });
    }
  });

  it('IDM-12 whose answer was pruned is 422, names its payment, and never pays again', async () => {
    const key = newKey();
    const answer = await rig.pay({ key });
    await rig.settled(answer, 'SUCCEEDED');
    await redis.flushall();
    await makePrune(rig.database.pool, { answersMs: 0 })();
    const pruned = await rig.pay({ key });
    const { code, retry, paymentId } = pruned.json;
    assert.deepEqual(
      [pruned.status, code, retry, paymentId],
      [422, 'idempotency-key-expired', 'never', answer.json.id],
    );
    const other = await rig.pay({ key, body: { amount: '21.00' } });
    assert.equal(other.json.code, 'idempotency-key-reused');
    await assertOneCharge(answer, 1);
  });
});

describe('a payment with nothing taken', () => {
  const owned = new AsyncDisposableStack();
  let rig: Rig;
  before(async () => {
    rig = owned.use(await startRig({ env: { ...UNSEALED, CLOSE_AFTER_MS: '5400' } }));
  });
  after(() => owned.disposeAsync());

  async function assertClosed(key: string, refused: Answer): Promise<void> {
    const payment = await rig.settled({ json: { id: refused.json.paymentId } } as Answer, 'FAILED');
    assert.equal(payment.failure.code, 'not-taken');
    await rig.control.clear();
    for (const replayed of ['true', 'true']) {
      const closed = await rig.pay({ key });
      const { code, retry, paymentId } = closed.json;
      assert.deepEqual(
        [closed.status, code, retry, paymentId],
        [422, 'idempotency-key-expired', 'new-key', refused.json.paymentId],
      );
      assert.equal(closed.headers.get('idempotent-replayed'), replayed);
    }
    assert.deepEqual(await rig.chargesOf({ json: payment } as Answer), []);
    assert.deepEqual(await compareBooks(rig.database.pool), []);
  }

  it('of which no byte ever left is closed when its time is up, without asking', async () => {
    await rig.control.faults({ provider: 'AIRTEL', operation: 'token', fault: 'refuse' });
    const key = newKey();
    const refused = await rig.pay({ key });
    assert.equal(refused.json.code, 'provider-unreachable');
    await assertClosed(key, refused);
  });

  it('that was refused in words is closed after two "not found", and not before', async () => {
    await rig.control.faults(charge('AIRTEL', 'refuse'));
    const key = newKey();
    const refused = await rig.pay({ key });
    assert.equal(refused.json.code, 'provider-refused');
    const id = refused.json.paymentId;
    const ask = () =>
      rig.database.pool.query(
        `update payments set next_check_at = now() where id = $1 and lease_until is null
         returning not_found_count as count, status, grace_until <= now() as over`,
        [id],
      );
    // The second "not found" follows a minute after the first; the test does not wait for it.
    await eventually(
      async () => {
        const [row] = (await ask()).rows;
        if (!row?.over) assert.deepEqual([row?.status, row?.count], ['RECEIVED', 0]);
        assert.equal(row?.count, 1);
      },
      { timeoutMs: 15_000, everyMs: 100 },
    );
    await assertClosed(key, refused);
  });

  it('whose refusal was a lie is found by the closer, and its key gets that answer', async () => {
    // The simulator never lies: its refusal is made one by giving the payment a charge that it has.
    const { json: taken } = await rig.pay();
    await forget(rig, taken.id);
    await rig.control.faults(charge('AIRTEL', 'refuse'));
    const key = newKey();
    const refused = await rig.pay({ key });
    await rig.database.pool.query(
      'update attempts set provider_reference = $2 where payment_id = $1',
      [refused.json.paymentId, taken.attempts[0].providerReference],
    );
    const { json } = refused;
    await rig.settled({ json: { id: json.paymentId } } as Answer, 'SUCCEEDED', 15_000);
    const found = await rig.pay({ key });
    assert.deepEqual([found.status, found.json.status], [202, 'ACCEPTED']);
    assert.equal(found.headers.get('idempotent-replayed'), 'true');
    assert.deepEqual(await compareBooks(rig.database.pool), []);
  });
});
