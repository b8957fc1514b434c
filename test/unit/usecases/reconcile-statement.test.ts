import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mtnStatement } from '../../../providers/mtn/statement.ts';
import { readStatement } from '../../../src/adapters/statement/read-statement.ts';
import type { KnownAttempt, OpenedDiscrepancy } from '../../../src/domain/reconciliation.ts';
import { makeReconcile } from '../../../src/usecases/reconcile-statement.ts';

const LINES = 100_000;
const ACCOUNT = { provider: 'MTN', market: 'ZM' };
const PERIOD = {
  ...ACCOUNT,
  ...{ from: new Date('2026-11-20'), to: new Date('2026-11-21'), marginMs: 0 },
};
const HEADER = 'Id,External Id,Reference Id,Date,Status,Type,From,Amount,Currency';

const referenceOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const idOf = (n: number) => `pay_${String(n).padStart(12, '0')}`;
const attemptOf = (n: number): KnownAttempt => ({
  ...{ paymentId: idOf(n), reference: referenceOf(n), status: 'SUCCEEDED', outcome: 'accepted' },
  ...{ isCurrent: true, amountMinor: 2_000n, currency: 'ZMW', updatedAt: PERIOD.from },
});

/** Our payments are 1 to 100,000, and the statement has 11 to 100,010. */
function* statement(): Generator<string> {
  yield `${HEADER}\n`;
  for (let n = 11; n <= LINES + 10; n += 1) {
    const text = `${referenceOf(n)},2026-11-20 12:00:00,SUCCESSFUL,PAYMENT,FRI:260961234567/MSISDN`;
    yield `${n},${idOf(n)},${text},20,ZMW\n`;
  }
}

describe('LED-8 a statement of 100,000 lines', () => {
  it('is compared in bounded look-ups and pages, and only its differences are kept', async () => {
    const asked = { lookups: 0, longest: 0, pages: 0, longestPage: 0 };
    const opened: OpenedDiscrepancy[] = [];
    const reconcile = makeReconcile({
      async attemptsOf(_account, references) {
        asked.lookups += 1;
        asked.longest = Math.max(asked.longest, references.length);
        const numbers = references.map((one) => Number(one.slice(-12)));
        return numbers.filter((n) => n <= LINES).map(attemptOf);
      },
      async dispatchedIn(_account, { after, limit }) {
        asked.pages += 1;
        const first = after === null ? 1 : Number(after.paymentId.slice(4)) + 1;
        const length = Math.min(limit, LINES - first + 1);
        asked.longestPage = Math.max(asked.longestPage, length);
        return Array.from({ length }, (_, i) => attemptOf(first + i));
      },
      async open(_account, found) {
        opened.push(...found);
        return found.length;
      },
      askNow: async () => 0,
    });
    const lines = await readStatement(statement(), mtnStatement);
    assert.equal(lines.length, LINES);
    const { totals, differences } = await reconcile(lines, PERIOD);
    assert.deepEqual(
      totals.map((one) => [one.class, one.count, one.amountMinor]),
      [
        ['matched', LINES - 10, BigInt(LINES - 10) * 2_000n],
        ['missing-at-provider', 10, 20_000n],
        ['missing-here', 10, 20_000n],
      ],
    );
    assert.equal(differences.length, 20);
    assert.equal(opened.length, 20);
    assert.ok(asked.longest <= 1_000 && asked.longestPage <= 5_000);
    assert.deepEqual([asked.lookups, asked.pages], [100, 21]);
  });
});
