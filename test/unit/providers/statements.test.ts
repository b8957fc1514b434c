import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { airtelSheet } from '../../../providers/airtel/simulator-statement.ts';
import { airtelStatement } from '../../../providers/airtel/statement.ts';
import { mtnSheet } from '../../../providers/mtn/simulator-statement.ts';
import { mtnStatement } from '../../../providers/mtn/statement.ts';
import { readStatement } from '../../../src/adapters/statement/read-statement.ts';
import { formatAmount } from '../../../src/domain/money.ts';
import type { ChargeStatus } from '../../../src/domain/simulator.ts';
import type { StatementFormat } from '../../../src/domain/statement.ts';
import { propertySeed } from '../../support/seed.ts';
import { takenCharge } from '../simulator/wire-rig.ts';

const AT = Date.UTC(2026, 10, 21, 12, 4, 29);
const MTN = { provider: 'MTN', takenAtMs: AT };
const AIRTEL = {
  ...{ provider: 'AIRTEL', reference: '0F8FAD5BD9CB469FA16570867', msisdn: '+260971234567' },
  takenAtMs: AT,
};
const PROVIDERS = [
  ['MTN', mtnSheet, mtnStatement, MTN],
  ['AIRTEL', airtelSheet, airtelStatement, AIRTEL],
] as const;

const read = (format: StatementFormat, ...lines: string[]) =>
  readStatement([lines.join('\r\n')], format);

describe('a statement', () => {
  it("has each provider's own columns, words, dates and spellings", () => {
    const charge = { amount: '1250.50', externalId: 'pay_1' };
    assert.equal(
      mtnSheet.line(takenCharge({ ...MTN, ...charge }), 'SUCCEEDED'),
      '261074267,pay_1,0f8fad5b-d9cb-469f-a165-70867728950e,2026-11-21 12:04:29,SUCCESSFUL,PAYMENT,' +
        'FRI:260961234567/MSISDN,1250.5,ZMW',
    );
    assert.equal(
      airtelSheet.line(takenCharge({ ...AIRTEL, ...charge }), 'FAILED'),
      '21/11/2026 12:04:29,,0F8FAD5BD9CB469FA16570867,971234567,"1,250.50",ZMW,TF',
    );
  });

  for (const [name, sheet, format, own] of PROVIDERS) {
    it(`property: of ${name} reads back as it was written, any amount and state`, async (t) => {
      const minor = fc.bigInt({ min: 1n, max: 10n ** 12n });
      const states = fc.constantFrom<ChargeStatus>('PENDING', 'SUCCEEDED', 'FAILED');
      await fc.assert(
        fc.asyncProperty(minor, states, async (amountMinor, status) => {
          const charge = takenCharge({ ...own, amount: formatAmount(amountMinor, 'ZMW') });
          const [line] = await read(format, sheet.header, sheet.line(charge, status));
          const { providerTransactionId, ...rest } = line ?? assert.fail('no line');
          assert.deepEqual(rest, {
            ...{ reference: charge.reference, status, amountMinor, currency: 'ZMW' },
            ...{ at: new Date(AT), line: 2 },
          });
          assert.equal(providerTransactionId !== null, status === 'SUCCEEDED');
        }),
        { numRuns: 1_000, seed: propertySeed(t) },
      );
    });

    it(`of ${name} is refused by line, without a word of the line itself`, async () => {
      const good = sheet.line(takenCharge(own), 'SUCCEEDED');
      const bad = (pattern: RegExp | string, by: string) => {
        assert.notEqual(good.replace(pattern, by), good);
        return good.replace(pattern, by);
      };
      const status = name === 'MTN' ? 'SUCCESSFUL' : 'TS';
      const wallet = name === 'MTN' ? /FRI:\d+/ : /971234567/;
      const cases: [string, RegExp][] = [
        [bad(/20(\.00)?,ZMW/, 'twenty,ZMW'), /line 3: Amount/],
        [bad('ZMW', 'ZZZ'), /line 3: Amount/],
        [bad(status, 'MAYBE'), /line 3: .*Status/i],
        [bad(/2026/, '20x6'), /line 3: .*Date/],
        [bad(wallet, '=cmd()'), /line 3: (From|Sender MSISDN)/],
        [`${good},more`, /line 3: csv-/],
        [bad(/,ZMW/, ''), /line 3: csv-/],
        [bad('ZMW', '"ZMW'), /line \d: csv-/],
      ];
      for (const [line, expected] of cases) {
        await assert.rejects(read(format, sheet.header, good, line), (error: Error) => {
          assert.match(error.message, expected, line);
          assert.doesNotMatch(error.message, /967?1234567|97?1234567|cmd|MAYBE|twenty/);
          return true;
        });
      }
      await assert.rejects(
        read(format, sheet.header.replace('Currency', 'Coin'), good),
        /no column Currency/,
      );
      await assert.rejects(read(format, `${sheet.header},More`, `${good},x`), /1 columns more/);
      const many = Array.from({ length: 50 }, () => bad('ZMW', 'ZZZ'));
      await assert.rejects(read(format, sheet.header, ...many), /line 21: [\s\S]*and 30 more/);
    });
  }

  it('does not take 31 February for a date', async () => {
    const good = mtnSheet.line(takenCharge(MTN), 'SUCCEEDED');
    const impossible = good.replace('2026-11-21', '2026-02-31');
    await assert.rejects(
      read(mtnStatement, mtnSheet.header, impossible),
      /line 2: Date is no date/,
    );
  });

  it('may begin with a byte order mark, and be empty but for its header', async () => {
    assert.deepEqual(await read(mtnStatement, `\ufeff${mtnSheet.header}`), []);
  });
});
