import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideOutcome, NOTHING, WITHOUT_JOB_MS } from '../../../src/domain/decision.ts';
import {
  ATTEMPT_OUTCOMES,
  type Attempt,
  currentAttempt,
  FAILURE_CODES,
  isFinal,
  LEGAL_MOVES,
  mayMove,
  PAYMENT_STATUSES,
  type PaymentStatus,
  withCurrent,
} from '../../../src/domain/payment.ts';
import type { ChargeOutcome } from '../../../src/domain/provider.ts';

const CLOSE_AFTER_MS = 86_400_000;
const decide = (outcome: ChargeOutcome) => decideOutcome(outcome, CLOSE_AFTER_MS);

describe('what follows from a charge, whole', () => {
  it('accepted: asks the worker to settle, and a minute later by itself', () => {
    for (const [duplicate, reason] of [
      [false, null] as const,
      [true, 'duplicate-reference'] as const,
    ]) {
      assert.deepEqual(decide({ kind: 'accepted', failure: false, duplicate }), {
        ...{ status: 'ACCEPTED', failure: null, answer: 'accepted', job: true },
        attempt: { outcome: 'accepted', reason, mayHaveLeft: true },
        ...{ event: 'payment.accepted', capture: false, discrepancy: null },
        ...{ notFoundCount: 0, nextCheckInMs: 60_000 },
      });
    }
    assert.equal(WITHOUT_JOB_MS, 60_000);
  });

  it('unknown: is answered as accepted, and settled the same way', () => {
    assert.deepEqual(decide({ kind: 'unknown', failure: true, reason: 'timeout' }), {
      ...{ status: 'UNKNOWN', failure: null, answer: 'accepted', job: true },
      attempt: { outcome: 'unknown', reason: 'timeout', mayHaveLeft: true },
      ...{ event: 'payment.unknown', capture: false, discrepancy: null },
      ...{ notFoundCount: 0, nextCheckInMs: 60_000 },
    });
  });

  it("declined: is failed for the provider's reason, and never asked about again", () => {
    const why = { code: 'payer-rejected', providerCode: 'X', detail: 'd' } as const;
    assert.deepEqual(decide({ kind: 'declined', failure: false, why }), {
      ...{ status: 'FAILED', failure: why, answer: 'declined', job: false },
      attempt: { outcome: 'declined', reason: 'payer-rejected', mayHaveLeft: true },
      ...{ event: 'payment.failed', capture: false, discrepancy: null },
      ...{ notFoundCount: 0, nextCheckInMs: null },
    });
  });

  it('not taken: stays open for its key until it is closed, and tells nobody', () => {
    for (const cause of ['refused', 'unreachable', 'not-sent'] as const) {
      const outcome = { kind: 'not_taken', failure: true, cause, reason: 'r', providerCode: null };
      assert.deepEqual(decide(outcome as ChargeOutcome), {
        ...NOTHING,
        attempt: { outcome: 'not_taken', reason: 'r', mayHaveLeft: cause === 'refused' },
        nextCheckInMs: CLOSE_AFTER_MS,
      });
    }
  });

  it('nothing: changes nothing', () => {
    assert.deepEqual(NOTHING, {
      ...{ status: null, failure: null, attempt: 'keep', answer: null, job: false, event: null },
      ...{ capture: false, discrepancy: null, notFoundCount: 0, nextCheckInMs: null },
    });
  });
});

describe('the moves of a payment', () => {
  it('are these and no others', () => {
    const moves = PAYMENT_STATUSES.flatMap((from) =>
      PAYMENT_STATUSES.filter((to) => mayMove(from, to)).map((to) => `${from} to ${to}`),
    );
    assert.deepEqual(moves, [
      'RECEIVED to ACCEPTED',
      'RECEIVED to UNKNOWN',
      'RECEIVED to FAILED',
      'ACCEPTED to SUCCEEDED',
      'ACCEPTED to FAILED',
      'ACCEPTED to MANUAL_REVIEW',
      'UNKNOWN to ACCEPTED',
      'UNKNOWN to SUCCEEDED',
      'UNKNOWN to FAILED',
      'UNKNOWN to MANUAL_REVIEW',
      'MANUAL_REVIEW to SUCCEEDED',
      'MANUAL_REVIEW to FAILED',
    ]);
    assert.deepEqual(Object.keys(LEGAL_MOVES).sort(), [...PAYMENT_STATUSES].sort());
  });

  it('end in SUCCEEDED and in FAILED alone', () => {
    const final: PaymentStatus[] = PAYMENT_STATUSES.filter(isFinal);
    assert.deepEqual(final, ['SUCCEEDED', 'FAILED']);
    for (const status of final) assert.deepEqual(LEGAL_MOVES[status], []);
  });

  it('speak in words that are stored, and so never change', () => {
    assert.deepEqual(ATTEMPT_OUTCOMES, ['accepted', 'declined', 'not_taken', 'unknown']);
    assert.deepEqual(FAILURE_CODES, [
      ...['insufficient-funds', 'limit-exceeded', 'payer-not-found', 'payer-not-allowed'],
      ...['payer-rejected', 'payer-timeout', 'cancelled', 'amount-rejected', 'provider-rejected'],
      ...['provider-error', 'not-taken', 'manual-review'],
    ]);
  });
});

describe('the attempt where a payment stands', () => {
  const at = (number: number, provider: string, market: string) =>
    ({ number, provider, market, outcome: 'not_taken', reason: 'r' }) as Attempt;
  const first = at(1, 'MTN', 'UG');
  const second = at(2, 'AIRTEL', 'ZM');
  const third = at(3, 'MTN', 'ZM');
  const attempts = [first, second, third];
  const stands = (provider: string, market: string) => ({ provider, market, attempts });

  it('is the one of its provider in its market, whichever came last', () => {
    assert.equal(currentAttempt(stands('MTN', 'ZM')), third);
    assert.equal(currentAttempt(stands('AIRTEL', 'ZM')), second);
    assert.equal(currentAttempt(stands('MTN', 'UG')), first);
    assert.throws(() => currentAttempt(stands('AIRTEL', 'UG')), {
      message: 'a payment has an attempt where it stands',
    });
  });

  it('changes alone, in what is said of it, and the list is a new one', () => {
    const changed = withCurrent(stands('AIRTEL', 'ZM'), { outcome: 'unknown' });
    assert.deepEqual(changed, [first, { ...second, outcome: 'unknown' }, third]);
    assert.equal(second.outcome, 'not_taken');
  });
});
