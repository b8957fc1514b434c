import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { makePaymentStore } from '../../src/adapters/postgres/payment-store.ts';
import { decideOutcome } from '../../src/domain/decision.ts';
import type { Intent, PaymentStore } from '../../src/domain/store.ts';
import { systemIds } from '../../src/system.ts';
import { makeDecisionWriter } from '../../src/usecases/write-decision.ts';
import { makeTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  DEMO_TIMING,
  dispatchLink,
  holdFirst,
  makeIntent,
  NOTHING_HEARD,
  ONE_QUERY,
  routeOf,
} from '../support/holding.ts';

const answer = { status: 202, contentType: 'application/json', body: '{}' };
const write = makeDecisionWriter({
  ids: systemIds,
  timing: DEMO_TIMING,
  render: {
    accepted: ({ id }) => ({ ...answer, paymentId: id }),
    declined: ({ id }) => ({ ...answer, status: 402, paymentId: id }),
    expired: (id) => ({ ...answer, status: 422, paymentId: id }),
  },
});

describe('PaymentStore', () => {
  let database: TestDatabase;
  let store: PaymentStore;
  before(async () => {
    database = await makeTestDatabase();
    store = makePaymentStore(database.pool);
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });

  async function accepted() {
    const intent = makeIntent();
    await store.begin(intent);
    const held = await hold(intent);
    const decision = decideOutcome({ kind: 'accepted', failure: false, duplicate: false }, 1_000);
    const { move } = write(held, decision, NOTHING_HEARD, new Date());
    return { intent, held, move };
  }

  async function hold(intent: Intent) {
    const payment = await store.find('acme', intent.paymentId);
    assert.ok(payment);
    return holdFirst(payment, intent);
  }

  it('fails a bad row alone, and its neighbours in the batch go through', async () => {
    const reference = crypto.randomUUID();
    await store.begin(makeIntent({ providerReference: reference }));
    const results = await Promise.allSettled([
      store.begin(makeIntent()),
      store.begin(makeIntent({ providerReference: reference })),
      store.begin(makeIntent()),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('writes outcome, answer, attempt and outbox in one commit', async () => {
    const { intent, move } = await accepted();
    assert.equal(await store.apply(move), 'written');
    const row = await store.readKey('acme', intent.keyHash);
    assert.equal(row?.answer?.status, 202);
    const payment = await store.find('acme', intent.paymentId);
    assert.equal(payment?.status, 'ACCEPTED');
    assert.equal(payment?.attempts[0]?.outcome, 'accepted');
    assert.deepEqual(payment?.metadata, { cart: '9' });
    const { rows } = await database.pool.query(
      'select topic from outbox where value::jsonb->>$1 = $2 order by id',
      ['subject', intent.paymentId],
    );
    assert.deepEqual(
      rows.map(({ topic }) => topic),
      ['payments.jobs', 'payments.events'],
    );
  });

  it('IDM-11 writes nothing twice under one fence, and nothing under an old one', async () => {
    const { move } = await accepted();
    assert.equal(await store.apply({ ...move, fence: 0n }), 'lost');
    assert.equal(await store.apply(move), 'written');
    assert.equal(await store.apply(move), 'lost');
  });

  it('takes the fence of a due payment from its owner, whose late write is rejected', async () => {
    const intent = makeIntent({ leaseMs: 0 });
    await store.begin(intent);
    const held = await hold(intent);
    const claimed = (await store.claimDue(100, 10_000)).find(
      ({ payment }) => payment.id === intent.paymentId,
    );
    assert.equal(claimed?.fence, 2n);
    const decision = decideOutcome({ kind: 'accepted', failure: false, duplicate: false }, 1_000);
    assert.equal(await store.apply(write(held, decision, NOTHING_HEARD, new Date()).move), 'lost');
    assert.ok(claimed);
    assert.equal(
      await store.apply(write(claimed, decision, ONE_QUERY, new Date()).move),
      'written',
    );
  });

  it('drives a payment again by compare-and-set, once', async () => {
    const intent = makeIntent();
    await store.begin(intent);
    const held = await hold(intent);
    const refused = decideOutcome(
      {
        kind: 'not_taken',
        failure: true,
        cause: 'refused',
        reason: 'http-429',
        providerCode: null,
      },
      86_400_000,
    );
    await store.apply(write(held, refused, NOTHING_HEARD, new Date()).move);
    const row = await store.readKey('acme', intent.keyHash);
    assert.ok(row);
    const dispatch = {
      ...{ requestId: 'req_2', traceparent: 't', leaseMs: 10_000, graceMs: 5_000 },
      ...{ link: dispatchLink(intent.paymentId, row.timeline), resolvesInMs: 60_000 },
      route: routeOf(intent),
    };
    const both = await Promise.all([
      store.redrive(intent.paymentId, 1n, dispatch),
      store.redrive(intent.paymentId, 1n, dispatch),
    ]);
    const won = both.filter((one) => one !== null);
    assert.equal(won.length, 1);
    assert.equal(won[0]?.fence, 2n);
    assert.equal(won[0]?.payment.attempts[0]?.outcome, null);
    assert.equal(won[0]?.payment.attempts[0]?.providerReference, intent.providerReference);
  });

  it('AMB-2 the database refuses a second provider that may charge, whoever writes', async () => {
    const { pool } = database;
    const add = ({ paymentId }: Intent, provider: string) =>
      pool.query(
        `insert into attempts (payment_id, number, provider, market, provider_reference)
         select $1, max(number) + 1, $2, 'ZM', $1 || $2 from attempts where payment_id = $1`,
        [paymentId, provider],
      );
    const end = ({ paymentId }: Intent, number: number, outcome: string, mayHaveLeft: boolean) =>
      pool.query(
        `update attempts set outcome = $3, may_have_left = $4 where payment_id = $1 and number = $2`,
        [paymentId, number, outcome, mayHaveLeft],
      );
    const intent = makeIntent();
    await store.begin(intent);
    const refuses = { code: '23514' };
    await assert.rejects(add(intent, 'AIRTEL'), refuses, 'the first one is open');
    for (const outcome of ['unknown', 'accepted', 'not_taken']) {
      await end(intent, 1, outcome, true);
      await assert.rejects(add(intent, 'AIRTEL'), refuses, outcome);
    }
    const other = makeIntent();
    await store.begin(other);
    await end(other, 1, 'not_taken', false);
    await assert.rejects(add(other, 'MTN'), refuses, 'one row for each provider');
    await add(other, 'AIRTEL');
    await assert.rejects(end(other, 1, 'not_taken', true), refuses, 'the other one is open');
    const reopen = 'update attempts set outcome = null where payment_id = $1 and number = 1';
    await assert.rejects(pool.query(reopen, [other.paymentId]), refuses);
    await end(other, 2, 'not_taken', false);
    await pool.query(reopen, [other.paymentId]);
  });

  it('a payment that somebody writes to holds up its own hints alone', async () => {
    const payments = await Promise.all(Array.from({ length: 4 }, () => accepted()));
    const [held = '', ...others] = payments.map(({ intent }) => intent.paymentId);
    const { provider } = (payments[0] as (typeof payments)[number]).intent;
    const writer = await database.pool.connect();
    await writer.query('begin');
    await writer.query('select from payments where id = $1 for update', [held]);
    const ends: string[] = [];
    const hint = (id: string) =>
      store.hint(id, provider, 'succeeded').then((result) => ends.push(`${id} ${result}`));
    const waiting = [hint(held), hint(held)];
    await Promise.all(others.map(hint));
    assert.deepEqual(ends.toSorted(), others.map((id) => `${id} taken`).toSorted());
    await writer.query('commit');
    writer.release();
    await Promise.all(waiting);
    assert.deepEqual(ends.slice(others.length), [`${held} taken`, `${held} taken`]);
    const { rows } = await database.pool.query(
      'select id, hints_heard from payments where id = any($1)',
      [payments.map(({ intent }) => intent.paymentId)],
    );
    const heard = new Map(rows.map((row) => [row.id, row.hints_heard]));
    assert.deepEqual([heard.get(held), ...others.map((id) => heard.get(id))], [2, 1, 1, 1]);
  });

  it('LED-1 posts a balanced capture once and refuses anything else at commit', async () => {
    const { intent, move } = await accepted();
    await store.apply(move);
    await store.hint(intent.paymentId, intent.provider, null);
    const [held] = (await store.claimDue(1_000, 10_000)).filter(
      ({ payment }) => payment.id === intent.paymentId,
    );
    assert.ok(held);
    const { decideSettlement } = await import('../../src/domain/settlement.ts');
    const heard = {
      kind: 'succeeded',
      failure: false,
      taken: null,
      providerTransactionId: null,
    } as const;
    const timing = { statusDelaysMs: [1_000], manualReviewAfterMs: null } as never;
    const decision = decideSettlement(held, heard, timing, () => 0);
    assert.equal(await store.apply(write(held, decision, ONE_QUERY, new Date()).move), 'written');
    const { rows } = await database.pool.query(
      `select sum(case side when 'debit' then amount_minor else -amount_minor end)::text as sum,
         count(*)::int as entries
       from ledger_entries e join ledger_transactions t on t.id = e.transaction_id
       where t.payment_id = $1`,
      [intent.paymentId],
    );
    assert.deepEqual(rows, [{ sum: '0', entries: 2 }]);
    await assert.rejects(database.pool.query('delete from ledger_entries'), /append-only/);
    await assert.rejects(
      database.pool.query(
        `with t as (insert into ledger_transactions (payment_id, kind) values ($1, 'other') returning id)
         insert into ledger_entries select id, n, 'a', s, n, 'ZMW'
         from t, (values (1, 'debit'), (2, 'credit')) as v(n, s)`,
        [intent.paymentId],
      ),
      /differ/,
    );
  });

  it('refuses a move that the state graph does not have', async () => {
    const intent = makeIntent();
    await store.begin(intent);
    await assert.rejects(
      database.pool.query(`update payments set status = 'SUCCEEDED' where id = $1`, [
        intent.paymentId,
      ]),
      /may not move from RECEIVED to SUCCEEDED/,
    );
  });

  it('KAF-7 processes each event once, however often and wherever it arrives', async () => {
    const { intent, move } = await accepted();
    await store.apply(move);
    const jobs = [{ eventId: crypto.randomUUID(), paymentId: intent.paymentId, checkInMs: 0 }];
    const seen = await Promise.all(
      Array.from({ length: 10 }, () => store.processJobs('settlement', jobs)),
    );
    assert.equal(seen.flat().filter(Boolean).length, 1);
  });

  it('lists newest first, with filters and pages', async () => {
    const reference = `list-${randomBytes(4).toString('hex')}`;
    for (let i = 0; i < 5; i += 1) await store.begin(makeIntent({ reference }));
    const first = await store.list('acme', { reference, limit: 3 });
    assert.equal(first.length, 3);
    const rest = await store.list('acme', { reference, limit: 3, after: first[2]?.id as string });
    assert.equal(rest.length, 2);
    const ids = [...first, ...rest].map(({ id }) => id);
    assert.deepEqual(ids, [...ids].sort().reverse());
    assert.deepEqual(await store.list('other', { reference, limit: 3 }), []);
  });
});
