import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusOutcome } from '../../../src/domain/provider.ts';
import {
  type Comparison,
  compareWord,
  decideResolution,
  ENDED_BY_REVIEW,
  isExpired,
  isSamePerson,
  needsSecondPerson,
  PROPOSAL_LIVES_SECONDS,
  type ReviewOutcome,
  wordOf,
} from '../../../src/domain/review.ts';

const payment = { amountMinor: 2_000n, currency: 'ZMW' };
const succeeded = (amountMinor: bigint | null, currency = 'ZMW'): StatusOutcome => ({
  ...{ kind: 'succeeded', failure: false, providerTransactionId: null },
  taken: { amountMinor, currency },
});
const why = { code: 'payer-rejected', providerCode: 'X', detail: 'No.' } as const;
const WORDS = {
  failed: { kind: 'failed', failure: false, why },
  pending: { kind: 'pending', failure: false },
  missing: { kind: 'not_found', failure: false },
  unclear: { kind: 'unclear', failure: true, reason: 'http-500' },
  untold: { kind: 'succeeded', failure: false, taken: null, providerTransactionId: null },
} satisfies Record<string, StatusOutcome>;

const COMPARISONS: readonly (readonly [ReviewOutcome, StatusOutcome, Comparison])[] = [
  ['SUCCEEDED', succeeded(2_000n), 'agrees'],
  ['SUCCEEDED', WORDS.untold, 'agrees'],
  ['SUCCEEDED', succeeded(1_999n), 'contradicts'],
  ['SUCCEEDED', succeeded(2_000n, 'ZAR'), 'contradicts'],
  ['SUCCEEDED', succeeded(null), 'contradicts'],
  ['SUCCEEDED', WORDS.failed, 'contradicts'],
  ['SUCCEEDED', WORDS.missing, 'contradicts'],
  ['SUCCEEDED', WORDS.pending, 'contradicts'],
  ['SUCCEEDED', WORDS.unclear, 'silent'],
  ['FAILED', WORDS.failed, 'agrees'],
  ['FAILED', WORDS.missing, 'agrees'],
  ['FAILED', WORDS.pending, 'contradicts'],
  ['FAILED', WORDS.untold, 'contradicts'],
  ['FAILED', succeeded(1_999n), 'contradicts'],
  ['FAILED', WORDS.unclear, 'silent'],
];

for (const [outcome, heard, expected] of COMPARISONS) {
  test(`ending it ${outcome} when the provider says "${wordOf(heard)}" ${expected}`, () => {
    assert.equal(compareWord(payment, outcome, heard), expected);
  });
}

test('SUCCEEDED is posted and told, FAILED says who ended it or why the provider did', () => {
  const won = decideResolution('SUCCEEDED', WORDS.untold, 'agrees', 60_000);
  assert.deepEqual(
    [won.status, won.capture, won.event, won.nextCheckInMs, won.answer],
    ['SUCCEEDED', true, 'payment.succeeded', null, null],
  );
  const lost = decideResolution('FAILED', WORDS.missing, 'agrees', 60_000);
  assert.deepEqual([lost.failure, lost.capture], [ENDED_BY_REVIEW, false]);
  assert.deepEqual(decideResolution('FAILED', WORDS.failed, 'agrees', 60_000).failure, why);
});

test('AMB-6 a provider that did not agree is asked once more later', () => {
  for (const comparison of ['silent', 'contradicts'] as const) {
    const { nextCheckInMs } = decideResolution('FAILED', WORDS.unclear, comparison, 60_000);
    assert.equal(nextCheckInMs, 60_000);
  }
});

test('SEC-11 a second person is needed strictly above the limit, and where no limit is named', () => {
  const of = (amountMinor: bigint, currency: string) => ({ amountMinor, currency });
  const limits = { ZMW: 100_000n, UGX: 0n };
  assert.equal(needsSecondPerson(of(100_000n, 'ZMW'), limits), false);
  assert.equal(needsSecondPerson(of(100_001n, 'ZMW'), limits), true);
  assert.equal(needsSecondPerson(of(1n, 'UGX'), limits), true);
  assert.equal(needsSecondPerson(of(1n, 'ZAR'), limits), true);
  assert.equal(needsSecondPerson(of(10n ** 12n, 'ZAR'), null), false);
});

test('SEC-11 a name in other letters is the same person', () => {
  assert.ok(isSamePerson('Ann', ' ann '));
  assert.ok(!isSamePerson('ann', 'anna'));
});

test('SEC-11 a proposal holds for a day, and not a second longer', () => {
  assert.equal(PROPOSAL_LIVES_SECONDS, 86_400);
  assert.equal(isExpired({ ageSeconds: PROPOSAL_LIVES_SECONDS - 0.001 }), false);
  assert.equal(isExpired({ ageSeconds: PROPOSAL_LIVES_SECONDS }), true);
});
