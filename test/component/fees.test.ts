import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { addFee } from '../../src/adapters/postgres/fees.ts';
import { makeLedgerBooks } from '../../src/adapters/postgres/ledger.ts';
import { type Rig, SHORT_TIMINGS, startRig } from '../support/gateway-rig.ts';
import { reconcileAll } from '../support/reconcile.ts';

const linesOf = async ({ database }: Rig, paymentId: string) => {
  const transactions = await makeLedgerBooks(database.pool).transactionsOf(paymentId);
  return transactions?.flatMap(({ entries }) =>
    entries.map(({ side, account, amountMinor }) => `${side} ${account} ${amountMinor}`),
  );
};

describe('a fee', () => {
  it('that is set is in the posting of a payment that succeeds; the amount stays whole', async () => {
    await using rig = await startRig({ env: SHORT_TIMINGS });
    const { merchantId, database } = rig;
    const rule = { provider: 'AIRTEL', currency: 'ZMW', fixedMinor: 50n };
    await addFee(database.pool, { ...rule, merchantId: null, basisPoints: 150 }, 'test');
    const answer = await rig.pay();
    await rig.settled(answer, 'SUCCEEDED');
    assert.deepEqual(await linesOf(rig, answer.json.id), [
      'debit provider:AIRTEL:ZM:settlement 2000',
      `credit merchant:${merchantId}:payable 2000`,
      `debit merchant:${merchantId}:payable 80`,
      'credit fee:AIRTEL:ZM:income 80',
    ]);
    const declined = await rig.pay({ body: { payer: { msisdn: '+260970000008' } } });
    assert.equal(declined.status, 402);
    assert.deepEqual(await linesOf(rig, declined.json.paymentId), []);
    assert.deepEqual(await compareBooks(database.pool), []);
    const { counts } = await reconcileAll(rig);
    assert.deepEqual(counts, { matched: 1, 'not-charged': 1 });
  });
});
