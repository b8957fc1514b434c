import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  classifyListed,
  classifyUnlisted,
  type KnownAttempt,
} from '../../../src/domain/reconciliation.ts';
import type { StatementLine } from '../../../src/domain/statement.ts';

const UNTIL = new Date('2026-11-21T12:00:00Z');
const LINE: StatementLine = {
  ...{ reference: 'r', providerTransactionId: null, status: 'SUCCEEDED' },
  ...{ amountMinor: 2_000n, currency: 'ZMW', at: new Date('2026-11-21T11:00:00Z') },
};
const OURS: KnownAttempt = {
  ...{
    paymentId: 'pay_1',
    reference: 'r',
    status: 'SUCCEEDED',
    outcome: 'accepted',
    isCurrent: true,
  },
  ...{ amountMinor: 2_000n, currency: 'ZMW', updatedAt: new Date('2026-11-21T11:30:00Z') },
};
const received = { status: 'RECEIVED', outcome: 'not_taken' } as const;

describe('LED-8 a line of a statement', () => {
  const cases: [string, Partial<StatementLine>, Partial<KnownAttempt>, string, string | null][] = [
    ['both succeeded', {}, {}, 'matched', null],
    ['both failed', { status: 'FAILED' }, { status: 'FAILED' }, 'matched', null],
    ['another amount', { amountMinor: 1n }, {}, 'amount-differs', 'amount-differs'],
    ['another currency', { currency: 'USD' }, {}, 'amount-differs', 'amount-differs'],
    ['taken, we said FAILED', {}, { status: 'FAILED' }, 'state-differs', 'succeeded-after-failed'],
    [
      'failed, we said SUCCEEDED',
      { status: 'FAILED' },
      {},
      'state-differs',
      'failed-after-succeeded',
    ],
    ['taken, we said that it was not', {}, received, 'state-differs', 'state-differs'],
    [
      'pending, we said that it was not taken',
      { status: 'PENDING' },
      received,
      'state-differs',
      'state-differs',
    ],
    [
      'taken, and the payment went on elsewhere',
      {},
      { isCurrent: false },
      'state-differs',
      'state-differs',
    ],
    [
      'taken, a person looks at it',
      {},
      { status: 'MANUAL_REVIEW' },
      'state-differs',
      'state-differs',
    ],
    ['taken, we do not know yet', {}, { status: 'UNKNOWN' }, 'under-way', null],
    ['taken, not swept yet', {}, { status: 'RECEIVED', outcome: null }, 'under-way', null],
    ['pending, we do not know', { status: 'PENDING' }, { status: 'ACCEPTED' }, 'under-way', null],
    [
      'pending, final since before its end',
      { status: 'PENDING' },
      {},
      'state-differs',
      'state-differs',
    ],
    [
      'pending, final after its end',
      { status: 'PENDING' },
      { updatedAt: UNTIL },
      'under-way',
      null,
    ],
  ];
  for (const [name, line, ours, expected, kind] of cases) {
    it(`that is ${name}: ${expected}`, () => {
      const verdict = classifyListed({ ...LINE, ...line }, { ...OURS, ...ours }, UNTIL);
      assert.deepEqual([verdict.class, verdict.kind], [expected, kind]);
    });
  }

  it('asks the provider now where its word is final and ours is not', () => {
    const asks = (ours: Partial<KnownAttempt>) =>
      classifyListed(LINE, { ...OURS, ...ours }, UNTIL).askNow;
    assert.equal(asks({ status: 'UNKNOWN' }), true);
    assert.equal(asks({ status: 'MANUAL_REVIEW' }), true);
    assert.equal(asks(received), true);
    assert.equal(asks({}), false);
  });
});

describe('LED-8 a payment that no line is about', () => {
  const cases: [Partial<KnownAttempt>, string][] = [
    [{ status: 'SUCCEEDED' }, 'missing-at-provider'],
    [{ status: 'FAILED' }, 'not-charged'],
    [received, 'not-charged'],
    [{ isCurrent: false }, 'not-charged'],
    [{ status: 'RECEIVED', outcome: null }, 'under-way'],
    [{ status: 'ACCEPTED' }, 'under-way'],
    [{ status: 'UNKNOWN' }, 'under-way'],
    [{ status: 'MANUAL_REVIEW' }, 'under-way'],
  ];
  for (const [ours, expected] of cases) {
    it(`${JSON.stringify(ours)}: ${expected}`, () => {
      assert.equal(classifyUnlisted({ ...OURS, ...ours }).class, expected);
    });
  }
});
