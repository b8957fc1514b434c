import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AMOUNT_PATTERN,
  decimalsOf,
  formatAmount,
  isKnownCurrency,
  knownCurrencies,
  MAX_AMOUNT_MINOR,
  parseAmount,
  readAmount,
} from '../../../src/domain/money.ts';

/** ISO 4217, list one: the column "minor unit". */
const MINOR_UNITS = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AOA BWP CDF EGP ETB EUR GBP GHS GMD INR KES LRD LSL MAD MGA MUR MWK MZN NAD NGN SCR SLE SSP
    SZL TZS USD ZAR ZMW`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
};

describe('currencies', () => {
  it('LED-3 have the decimals of ISO 4217, each of them', () => {
    const listed = Object.entries(MINOR_UNITS).flatMap(([decimals, codes]) =>
      codes.split(/\s+/).map((code) => [code, Number(decimals)] as const),
    );
    for (const [code, decimals] of listed) assert.equal(decimalsOf(code), decimals, code);
    assert.deepEqual(knownCurrencies().sort(), listed.map(([code]) => code).sort());
  });

  it('are known by their whole code, and by no name that every object has', () => {
    assert.ok(isKnownCurrency('ZMW'));
    for (const code of ['', 'zmw', 'XXX', 'constructor', 'toString', '__proto__']) {
      assert.ok(!isKnownCurrency(code), code);
      assert.throws(() => decimalsOf(code), {
        name: 'RangeError',
        message: `no ISO 4217 decimals known for ${code}`,
      });
    }
  });
});

describe('an amount', () => {
  it('is written with exactly the decimals of its currency, and its sign', () => {
    const written: [bigint, string, string][] = [
      [2_050n, 'ZMW', '20.50'],
      [5n, 'ZMW', '0.05'],
      [0n, 'ZMW', '0.00'],
      [-5n, 'ZMW', '-0.05'],
      [-2_050n, 'ZMW', '-20.50'],
      [1_234n, 'KWD', '1.234'],
      [500n, 'UGX', '500'],
      [0n, 'UGX', '0'],
      [-500n, 'UGX', '-500'],
    ];
    for (const [minor, currency, text] of written) {
      assert.equal(formatAmount(minor, currency), text);
    }
  });

  it('is whole minor units up to the largest that a JSON number holds', () => {
    assert.equal(MAX_AMOUNT_MINOR, 9_007_199_254_740_991n);
    const { ok } = parseAmount('9007199254740991', 'UGX');
    assert.ok(ok);
    assert.deepEqual(parseAmount('9007199254740992', 'UGX'), { ok: false, problem: 'range' });
    assert.deepEqual(parseAmount('0.01', 'ZMW'), { ok: true, amountMinor: 1n });
  });

  it('is text of one form, whatever stands before or after it', () => {
    for (const text of ['0', '1', '10', '1.0', '0.5', '-1', '-0.01', '1.0000000001']) {
      assert.match(text, AMOUNT_PATTERN);
    }
    for (const text of [
      '',
      '-',
      '1.',
      '.1',
      '01',
      '00',
      '--1',
      '1.1.1',
      'a1',
      '1a',
      '1\n2',
      '1,1',
    ]) {
      assert.doesNotMatch(text, AMOUNT_PATTERN);
    }
  });

  it('is read in forty characters and not in one more', () => {
    const long = `1.${'0'.repeat(38)}`;
    assert.deepEqual(parseAmount(long, 'ZMW'), { ok: false, problem: 'precision' });
    assert.deepEqual(parseAmount(`${long}0`, 'ZMW'), { ok: false, problem: 'malformed' });
  });

  it('may come back with fewer zeros or more, and never as another amount', () => {
    const read: [string, string, bigint | undefined][] = [
      ['5', 'ZMW', 500n],
      ['5.0', 'ZMW', 500n],
      ['5.00', 'ZMW', 500n],
      ['5.000', 'ZMW', 500n],
      ['5.050', 'ZMW', 505n],
      ['500', 'UGX', 500n],
      ['500.0', 'UGX', 500n],
      ['100.00', 'ZMW', 10_000n],
      ['5.001', 'ZMW', undefined],
      ['5.', 'ZMW', 500n],
      ['0.00', 'ZMW', undefined],
      ['five', 'ZMW', undefined],
      ['5', 'constructor', undefined],
    ];
    for (const [text, currency, minor] of read) {
      assert.equal(readAmount(text, currency), minor, `${text} ${currency}`);
    }
  });
});
