import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decimalsOf,
  formatAmount,
  knownCurrencies,
  MAX_AMOUNT_MINOR,
  parseAmount,
  readAmount,
} from '../../../src/domain/money.ts';
import { propertySeed } from '../../support/seed.ts';

describe('money', () => {
  it('LED-3 parses what it formats, for every currency', (t) => {
    const amounts = fc.bigInt({ min: 1n, max: MAX_AMOUNT_MINOR });
    for (const currency of knownCurrencies()) {
      fc.assert(
        fc.property(amounts, (amountMinor) => {
          const text = formatAmount(amountMinor, currency);
          assert.deepEqual(parseAmount(text, currency), { ok: true, amountMinor });
          assert.equal(readAmount(text, currency), amountMinor);
        }),
        { numRuns: 200, seed: propertySeed(t) },
      );
    }
  });

  it('LED-3 knows the decimals of ISO 4217', () => {
    for (const currency of ['UGX', 'RWF', 'XAF', 'XOF', 'JPY'])
      assert.equal(decimalsOf(currency), 0);
    for (const currency of ['ZAR', 'ZMW', 'KES', 'GHS', 'USD'])
      assert.equal(decimalsOf(currency), 2);
    for (const currency of ['KWD', 'BHD', 'TND']) assert.equal(decimalsOf(currency), 3);
  });

  it('LED-2 refuses what is no amount, too precise or out of range, each by its name', () => {
    const problem = (text: string, currency = 'ZMW') => {
      const parsed = parseAmount(text, currency);
      return parsed.ok ? 'ok' : parsed.problem;
    };
    for (const text of [
      '',
      '1e3',
      '+1',
      '01',
      '.5',
      '1.',
      'NaN',
      '1,0',
      ' 1',
      '0x10',
      '1'.repeat(60),
    ]) {
      assert.equal(problem(text), 'malformed', text);
    }
    assert.equal(problem('1.005'), 'precision');
    assert.equal(problem('1.0', 'UGX'), 'precision');
    for (const text of ['0', '0.00', '-1', '-0.01', '90071992547409.92']) {
      assert.equal(problem(text), 'range', text);
    }
    assert.equal(problem('90071992547409.91'), 'ok');
  });

  it('takes equal amounts for equal however they are written', () => {
    assert.deepEqual(parseAmount('20', 'ZMW'), parseAmount('20.00', 'ZMW'));
    assert.equal(readAmount('5.0000', 'ZMW'), 500n);
    assert.equal(readAmount('5', 'UGX'), 5n);
    assert.equal(readAmount('5.5', 'UGX'), undefined);
    assert.equal(readAmount('5', 'XXX'), undefined);
  });
});
