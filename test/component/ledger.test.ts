import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { addFee, makeFeeSource, readFees } from '../../src/adapters/postgres/fees.ts';
import { makeLedgerBooks } from '../../src/adapters/postgres/ledger.ts';
import { makeMerchantStore } from '../../src/adapters/postgres/merchants.ts';
import { runFee } from '../../src/admin/fee.ts';
import { runLedger } from '../../src/admin/ledger.ts';
import { type Fee, feeAmount } from '../../src/domain/fee.ts';
import { insertCaptured } from '../support/captured.ts';
import { makeTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeFakeClock } from '../support/fake-clock.ts';
import { insertPayment } from '../support/payment-row.ts';

describe('the ledger', () => {
  let database: TestDatabase;
  const printed: string[] = [];
  const print = (line: string) => printed.push(line);
  const said = () => printed.splice(0).join('\n');

  before(async () => {
    database = await makeTestDatabase({ plansByKey: false });
    for (const id of ['shop', 'other']) {
      await makeMerchantStore(database.pool).createMerchant(id, id, 'test');
    }
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });

  const captured = (amountMinor: bigint, fee: Fee | null = null) =>
    insertCaptured(database.pool, amountMinor, { fee });
  const ledger = (...args: string[]) =>
    runLedger(['ledger', ...args], {
      books: makeLedgerBooks(database.pool),
      account: 'tester',
      print,
    });
  const disagreements = async () =>
    (await compareBooks(database.pool)).filter(({ rule }) =>
      /capture|debits|accounts|account is|reversal/.test(rule),
    );

  it('LED-6 shows balances and a trial balance whose global sum is 0', async () => {
    await captured(2_000n, { basisPoints: 150, fixedMinor: 50n });
    await ledger('balances', '--merchant', 'shop');
    assert.match(said(), /merchant:shop:payable +ZMW +19\.20 credit/);
    await ledger('trial-balance');
    const shown = said();
    assert.match(shown, /fee:MTN:ZM:income +ZMW +0\.00 +0\.80/);
    assert.match(shown, /all accounts +ZMW +20\.80 +20\.80/);
    assert.match(shown, /the global sum is 0/);
    assert.deepEqual(await disagreements(), []);
  });

  it('LED-5 sums what is pending from the payments that are not final', async () => {
    const usual = { merchantId: 'other', provider: 'AIRTEL', market: 'ZM', currency: 'ZMW' };
    for (const status of ['ACCEPTED', 'UNKNOWN', 'RECEIVED', 'FAILED'] as const) {
      await insertPayment(database.pool, { ...usual, amountMinor: 100n, status });
    }
    await ledger('balances', '--merchant', 'other');
    assert.match(said(), /other +AIRTEL ZM +ZMW +3 +3\.00/);
  });

  it('LED-4 takes a capture back by another transaction, once, and never the reversal', async () => {
    const [paymentId, transaction] = await captured(700n, { basisPoints: 100, fixedMinor: 0n });
    const why = ['--reason', 'the provider takes it back', '--by', 'alice'];
    await ledger('reverse', String(transaction), ...why);
    assert.match(said(), /is reversed by/);
    await ledger('show', paymentId);
    const shown = said();
    assert.match(shown, /reversal of \d+: the provider takes it back/);
    assert.match(shown, /fee:MTN:ZM:income +0\.07 +ZMW/);
    await assert.rejects(ledger('reverse', String(transaction), ...why), /reversed by \d+ already/);
    const { rows } = await database.pool.query<{ id: bigint }>(
      `select id from ledger_transactions where reverses = $1`,
      [transaction],
    );
    await assert.rejects(ledger('reverse', String(rows[0]?.id), ...why), /is a reversal itself/);
    await assert.rejects(ledger('reverse', '999999', ...why), /there is no ledger transaction/);
    await assert.rejects(
      ledger('reverse', String(transaction), '--by', 'alice'),
      /--reason is missing/,
    );
    const audit = await database.pool.query(
      `select actor, detail, database_user, client_address, session_user as current from audit_log where action = 'ledger.reverse' and subject = $1`,
      [paymentId],
    );
    assert.equal(audit.rowCount, 1);
    assert.equal(audit.rows[0].actor, 'alice');
    assert.equal(audit.rows[0].detail.reason, 'the provider takes it back');
    assert.equal(audit.rows[0].detail.via, 'tester');
    assert.equal(audit.rows[0].database_user, audit.rows[0].current);
    assert.notEqual(audit.rows[0].client_address, undefined);
    assert.deepEqual(await disagreements(), []);
  });

  it('LED-4 has a reversal that mirrors nothing refused by the database', async () => {
    const [paymentId, transaction] = await captured(300n);
    const forged = database.pool.query(
      `with made as (
         insert into ledger_transactions (payment_id, kind, reverses, reason)
         values ($1, 'reversal', $2, 'half of it') returning id)
       insert into ledger_entries (transaction_id, line, account, side, amount_minor, currency)
       select id, 1, 'provider:MTN:ZM:settlement', 'credit', 150, 'ZMW' from made union all
       select id, 2, 'merchant:shop:payable', 'debit', 150, 'ZMW' from made`,
      [paymentId, transaction],
    );
    await assert.rejects(forged, /does not mirror/);
  });

  it('fees are set by a person, kept in all versions, audited, and found by the settlement', async () => {
    const deps = {
      providers: ['MTN', 'AIRTEL'],
      readFees: () => readFees(database.pool),
      addFee: addFee.bind(null, database.pool),
      merchantExists: makeMerchantStore(database.pool).merchantExists,
      ...{ actor: 'cli:test', print },
    };
    const set = (...args: string[]) => runFee(['fee', 'set', ...args], deps);
    const clock = makeFakeClock();
    const source = makeFeeSource(database.pool, clock);
    const payment = { merchantId: 'shop', provider: 'MTN', currency: 'ZMW' };
    assert.equal(await source.feeOf(payment), null);
    await set('--provider', 'MTN', '--currency', 'ZMW', '--basis-points', '200');
    await set('--provider', 'MTN', '--currency', 'ZMW', '--basis-points', '150', '--fixed', '0.50');
    const own = ['--basis-points', '0', '--merchant', 'shop'];
    await set('--provider', 'MTN', '--currency', 'ZMW', ...own);
    said();
    clock.advance(6_000);
    assert.equal((await source.feeOf(payment))?.basisPoints, 0);
    const fee = await source.feeOf({ ...payment, merchantId: 'other' });
    assert.equal(fee && feeAmount(fee, 10_000n), 200n);
    await runFee(['fee', 'list'], deps);
    assert.match(said(), /\(default\) +MTN +ZMW +1\.50 % +0\.50/);
    const { rows } = await database.pool.query(`select count(*)::int as n from fees`);
    assert.equal(rows[0].n, 3);
    for (const [args, what] of [
      [['--provider', 'MTN', '--currency', 'ZMW', '--basis-points', '10001'], /basis-points/],
      [
        ['--provider', 'MTN', '--currency', 'ZMW', '--basis-points', '1', '--fixed', '0.001'],
        /--fixed/,
      ],
      [['--provider', 'NONE', '--currency', 'ZMW', '--basis-points', '1'], /--provider/],
      [['--provider', 'MTN', '--currency', 'XXX', '--basis-points', '1'], /--currency/],
      [
        ['--provider', 'MTN', '--currency', 'ZMW', '--basis-points', '1', '--merchant', 'no'],
        /no merchant/,
      ],
    ] as const) {
      await assert.rejects(set(...args), what);
    }
    await assert.rejects(database.pool.query('update fees set basis_points = 1'), /append-only/);
  });
});
