import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Fee, type FeeRule, feeAmount, findFee } from '../../../src/domain/fee.ts';
import { CHART_OF_ACCOUNTS, capturePosting } from '../../../src/domain/ledger.ts';
import { MAX_AMOUNT_MINOR } from '../../../src/domain/money.ts';
import { propertySeed } from '../../support/seed.ts';

const RUNS = 2_000;
const amounts = fc.bigInt({ min: 1n, max: MAX_AMOUNT_MINOR });
const fees: fc.Arbitrary<Fee> = fc.record({
  basisPoints: fc.integer({ min: 0, max: 10_000 }),
  fixedMinor: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: MAX_AMOUNT_MINOR })),
});

const payment = {
  ...{ id: 'pay_1', merchantId: 'shop', provider: 'MTN', market: 'ZM' },
  ...{ amountMinor: 2_000n, currency: 'ZMW' },
};

describe('a fee', () => {
  it('rounds its share to the nearest minor unit, a half up, and adds the fixed part', () => {
    const examples: [bigint, number, bigint, bigint][] = [
      [2_000n, 150, 0n, 30n],
      [2_000n, 150, 50n, 80n],
      [33n, 150, 0n, 0n],
      [34n, 150, 0n, 1n],
      [100n, 50, 0n, 1n],
      [99n, 50, 0n, 0n],
      [1n, 0, 0n, 0n],
    ];
    for (const [amount, basisPoints, fixedMinor, expected] of examples) {
      assert.equal(feeAmount({ basisPoints, fixedMinor }, amount), expected, `${amount}`);
    }
  });

  it('never exceeds the amount', () => {
    assert.equal(feeAmount({ basisPoints: 150, fixedMinor: 5_000n }, 2_000n), 2_000n);
    assert.equal(feeAmount({ basisPoints: 10_000, fixedMinor: 0n }, 2_000n), 2_000n);
  });

  it('property: is exact to half a minor unit, within the amount, and never falls as it grows', (t) => {
    fc.assert(
      fc.property(amounts, fees, (amount, fee) => {
        const kept = feeAmount(fee, amount);
        assert.ok(kept >= 0n && kept <= amount);
        const exact = amount * BigInt(fee.basisPoints) + fee.fixedMinor * 10_000n;
        const off = kept * 10_000n - exact;
        if (kept < amount) assert.ok(off > -5_000n && off <= 5_000n, `off by ${off}`);
        else assert.ok(off <= 5_000n);
        assert.ok(feeAmount(fee, amount + 1n) >= kept);
      }),
      { numRuns: RUNS, seed: propertySeed(t) },
    );
  });

  it("is the merchant's own before the default, and nothing of another provider or currency", () => {
    const usual = { provider: 'MTN', currency: 'ZMW', fixedMinor: 0n };
    const rules: FeeRule[] = [
      { ...usual, merchantId: null, basisPoints: 200 },
      { ...usual, merchantId: 'shop', basisPoints: 0 },
      { ...usual, merchantId: null, basisPoints: 300, currency: 'USD' },
    ];
    assert.equal(findFee(rules, payment)?.basisPoints, 0);
    assert.equal(findFee(rules, { ...payment, merchantId: 'other' })?.basisPoints, 200);
    assert.equal(findFee(rules, { ...payment, provider: 'AIRTEL' }), null);
    assert.equal(findFee(rules, { ...payment, currency: 'RWF' }), null);
    assert.equal(findFee([], payment), null);
  });
});

describe('a capture', () => {
  it('without a fee is one debit and one credit', () => {
    assert.deepEqual(
      capturePosting(payment).entries.map(({ account, side }) => `${side} ${account}`),
      ['debit provider:MTN:ZM:settlement', 'credit merchant:shop:payable'],
    );
  });

  it('with a fee has its two lines in the same posting', () => {
    const { entries } = capturePosting(payment, { basisPoints: 150, fixedMinor: 0n });
    assert.deepEqual(
      entries.map(({ account, side, amountMinor }) => `${side} ${account} ${amountMinor}`),
      [
        'debit provider:MTN:ZM:settlement 2000',
        'credit merchant:shop:payable 2000',
        'debit merchant:shop:payable 30',
        'credit fee:MTN:ZM:income 30',
      ],
    );
  });

  it('property: LED-1 balances, takes the whole amount and never owes less than nothing', (t) => {
    fc.assert(
      fc.property(amounts, fc.option(fees), (amountMinor, fee) => {
        const { entries } = capturePosting({ ...payment, amountMinor }, fee);
        const net = (prefix: string) =>
          entries
            .filter(({ account }) => account.startsWith(prefix))
            .reduce((sum, one) => sum + (one.side === 'debit' ? 1n : -1n) * one.amountMinor, 0n);
        assert.equal(net(''), 0n);
        assert.equal(net('provider:'), amountMinor);
        assert.ok(net('merchant:') <= 0n);
        assert.equal(-net('fee:'), fee === null ? 0n : feeAmount(fee, amountMinor));
        assert.ok(entries.every((one) => one.amountMinor > 0n && one.currency === 'ZMW'));
        for (const { account } of entries) {
          const places = CHART_OF_ACCOUNTS.filter(({ pattern }) =>
            new RegExp(pattern).test(account),
          );
          assert.equal(places.length, 1, account);
        }
      }),
      { numRuns: RUNS, seed: propertySeed(t) },
    );
  });
});
