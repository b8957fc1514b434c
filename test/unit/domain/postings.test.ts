import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FeeRule, feeAmount, findFee, MAX_BASIS_POINTS } from '../../../src/domain/fee.ts';
import {
  assertBalanced,
  CHART_OF_ACCOUNTS,
  capturePosting,
  type LedgerEntry,
  type LedgerPosting,
} from '../../../src/domain/ledger.ts';

const payment = {
  ...{ id: 'pay_1', merchantId: 'shop', provider: 'MTN', market: 'ZM' },
  ...{ amountMinor: 2_000n, currency: 'ZMW' },
};

const entry = (side: LedgerEntry['side'], amountMinor: bigint, currency = 'ZMW'): LedgerEntry => ({
  account: 'merchant:shop:payable',
  side,
  amountMinor,
  currency,
});
const posting = (...entries: LedgerEntry[]): LedgerPosting => ({
  ...{ paymentId: 'pay_1', kind: 'capture', entries },
});

describe('a posting', () => {
  it('LED-1 needs two entries, positive amounts, and debits that equal credits per currency', () => {
    const wrong: [LedgerEntry[], RegExp][] = [
      [[], /at least two entries/],
      [[entry('debit', 1n)], /at least two entries/],
      [[entry('debit', 1n), entry('credit', 0n)], /positive amount/],
      [[entry('debit', -1n), entry('credit', -1n)], /positive amount/],
      [[entry('debit', 2n), entry('credit', 1n)], /debits and credits differ in ZMW/],
      [[entry('debit', 1n), entry('credit', 2n)], /debits and credits differ in ZMW/],
      [[entry('debit', 1n), entry('debit', 1n)], /debits and credits differ in ZMW/],
      [[entry('debit', 1n), entry('credit', 1n, 'UGX')], /debits and credits differ in ZMW/],
      [
        [entry('debit', 1n), entry('credit', 1n), entry('debit', 1n, 'UGX')],
        /debits and credits differ in UGX/,
      ],
    ];
    for (const [entries, rule] of wrong)
      assert.throws(() => assertBalanced(posting(...entries)), rule);
    const right = posting(
      ...[entry('debit', 3n), entry('credit', 1n), entry('credit', 2n)],
      ...[entry('debit', 7n, 'UGX'), entry('credit', 7n, 'UGX')],
    );
    assert.equal(assertBalanced(right), right);
  });

  it('LED-4 of a capture names its payment and kind, once for each', () => {
    const { paymentId, kind } = capturePosting(payment);
    assert.deepEqual([paymentId, kind], ['pay_1', 'capture']);
  });

  it('has no fee lines where the fee comes to nothing', () => {
    for (const fee of [null, { basisPoints: 0, fixedMinor: 0n }]) {
      assert.equal(capturePosting(payment, fee).entries.length, 2);
    }
    assert.equal(capturePosting(payment, { basisPoints: 0, fixedMinor: 1n }).entries.length, 4);
  });
});

describe('the chart of accounts', () => {
  it('has one place for each account that is posted to, by its whole name', () => {
    const placesOf = (account: string) =>
      CHART_OF_ACCOUNTS.filter(({ pattern }) => new RegExp(pattern).test(account));
    const normalOf = (account: string) => placesOf(account).map(({ normal }) => normal);
    assert.deepEqual(normalOf('provider:MTN:ZM:settlement'), ['debit']);
    assert.deepEqual(normalOf('merchant:shop-1_a:payable'), ['credit']);
    assert.deepEqual(normalOf('fee:AIRTEL:UG:income'), ['credit']);
    const strangers = [
      ...[
        '',
        'provider:mtn:ZM:settlement',
        'provider:MTN:ZMB:settlement',
        'provider::ZM:settlement',
      ],
      ...[
        'merchant::payable',
        'merchant:-x:payable',
        'merchant:Shop:payable',
        'fee:MTN:ZM:income2',
      ],
      ...['xmerchant:shop:payable', 'xfee:MTN:ZM:income', 'xprovider:MTN:ZM:settlement'],
      ...['merchant:shop:payablex', 'provider:MTN:ZM:settlementx', 'fee:MTN:Z:income'],
    ];
    for (const account of strangers) assert.deepEqual(placesOf(account), [], account);
  });
});

describe('a fee rule', () => {
  const rule = (changes: Partial<FeeRule>): FeeRule => ({
    ...{ merchantId: null, provider: 'MTN', currency: 'ZMW', basisPoints: 100, fixedMinor: 0n },
    ...changes,
  });

  it("is never another merchant's, wherever it stands in the table", () => {
    const foreign = rule({ merchantId: 'other', basisPoints: 900 });
    const usual = rule({ basisPoints: 200 });
    assert.equal(findFee([foreign], payment), null);
    assert.equal(findFee([foreign, usual], payment), usual);
    assert.equal(findFee([usual, foreign], payment), usual);
  });

  it('fits by provider and by currency, by both', () => {
    const away = [rule({ provider: 'AIRTEL' }), rule({ currency: 'UGX' })];
    assert.equal(findFee(away, payment), null);
    const right = rule({});
    assert.equal(findFee([...away, right], payment), right);
  });

  it('takes the whole amount at a hundred per cent, and no more with a fixed part', () => {
    assert.equal(MAX_BASIS_POINTS, 10_000);
    const all = { basisPoints: MAX_BASIS_POINTS, fixedMinor: 0n };
    assert.equal(feeAmount(all, 2_001n), 2_001n);
    assert.equal(feeAmount({ ...all, fixedMinor: 1n }, 2_001n), 2_001n);
    assert.equal(feeAmount({ basisPoints: 9_999, fixedMinor: 0n }, 10_000n), 9_999n);
  });
});
