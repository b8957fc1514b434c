import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeOutboxSource } from '../../src/adapters/postgres/outbox-relay.ts';
import { makePaymentStore } from '../../src/adapters/postgres/payment-store.ts';
import { decideOutcome } from '../../src/domain/decision.ts';
import { systemIds } from '../../src/system.ts';
import { makeDecisionWriter } from '../../src/usecases/write-decision.ts';
import { makeTestDatabase, type TestDatabase } from '../support/database.ts';
import { DEMO_TIMING, holdFirst, makeIntent, NOTHING_HEARD } from '../support/holding.ts';

/** A prepared statement gets its plan for good at its sixth execution. */
const UNTIL_PLANNED = 6;
const PAYMENTS = 400;
/** What the statements of one payment read of all indexes together, and as much again. */
const MOST_ENTRIES = 100;
const TABLES = [
  'payments',
  'attempts',
  'idempotency_keys',
  'outbox',
  'processed_events',
  'payment_timeline',
];

const answer = { status: 202, contentType: 'application/json', body: '{}' };
const write = makeDecisionWriter({
  ids: systemIds,
  timing: DEMO_TIMING,
  render: {
    accepted: ({ id }) => ({ ...answer, paymentId: id }),
    declined: ({ id }) => ({ ...answer, paymentId: id }),
    expired: (paymentId) => ({ ...answer, paymentId }),
  },
});

describe('plans made on an empty database', () => {
  let database: TestDatabase;
  before(async () => {
    database = await makeTestDatabase();
  });
  after(() => database[Symbol.asyncDispose]());

  it('find rows by key for good, however large the tables become', async () => {
    const { pool } = database;
    const store = makePaymentStore(pool);
    const payOne = async () => {
      const intent = makeIntent({ leaseMs: 1, graceMs: 1 });
      await store.begin(intent);
      const payment = await store.find('acme', intent.paymentId);
      assert.ok(payment);
      const held = holdFirst(payment, intent);
      const decision = decideOutcome({ kind: 'accepted', failure: false, duplicate: false }, 1_000);
      await store.apply(write(held, decision, NOTHING_HEARD, new Date()).move);
      await store.readKey('acme', intent.keyHash);
      await store.timeline('acme', payment.id, { after: 0, limit: 100 });
      const job = { eventId: systemIds.eventId(), paymentId: payment.id, checkInMs: 0 };
      await store.processJobs('settlement', [job]);
      const { provider, market, providerReference } = intent;
      await store.findByReference(provider, market, providerReference);
      await store.hint(payment.id, provider, 'succeeded');
      await store.claimDue(1, 1);
    };
    for (let i = 0; i < UNTIL_PLANNED; i += 1) await payOne();
    const [before, entriesBefore] = [await rowsReadWhole(), await entriesRead()];
    for (let i = 0; i < PAYMENTS; i += 1) await payOne();
    assert.deepEqual(await rowsReadWhole(), before);
    // An index read from end to end would be seen here: half of the payments, for each of them.
    const each = ((await entriesRead()) - entriesBefore) / PAYMENTS;
    assert.ok(each < MOST_ENTRIES, `${each} entries of indexes are read for a payment`);
  });

  it('find what was published by key too', async () => {
    const session = await makeOutboxSource(database.pool).open();
    await session.shareShards();
    const before = await rowsReadWhole();
    for (let i = 0; i < 2 * UNTIL_PLANNED; i += 1) {
      const rows = await session.unpublished(10);
      assert.equal(rows.length, 10);
      await session.markPublished(rows.map(({ id }) => id));
    }
    await session.close();
    assert.deepEqual(await rowsReadWhole(), before);
  });

  /** Entries that scans of indexes have returned, as the server counts them. */
  async function entriesRead(): Promise<number> {
    await database.pool.query('select pg_stat_force_next_flush()');
    await database.pool.query('select pg_stat_clear_snapshot()');
    const { rows } = await database.pool.query<{ n: number }>(
      `select sum(idx_tup_read)::integer as n from pg_stat_user_indexes where relname = any($1)`,
      [TABLES],
    );
    return rows[0]?.n ?? 0;
  }

  /** Rows that a scan of a whole table has read, as the server counts them. */
  async function rowsReadWhole(): Promise<unknown> {
    await database.pool.query('select pg_stat_force_next_flush()');
    await database.pool.query('select pg_stat_clear_snapshot()');
    const { rows } = await database.pool.query(
      `select relname, seq_tup_read::integer as read from pg_stat_user_tables
       where relname = any($1) order by relname`,
      [TABLES],
    );
    return rows;
  }
});
