import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decideOutcome, NOTHING } from '../../../src/domain/decision.ts';
import { mayMove, PAYMENT_STATUSES, type PaymentStatus } from '../../../src/domain/payment.ts';
import type { ChargeOutcome, StatusOutcome } from '../../../src/domain/provider.ts';
import type { Timing } from '../../../src/domain/settings.ts';
import { close, closesUnasked, decideSettlement } from '../../../src/domain/settlement.ts';
import type { HeldPayment } from '../../../src/domain/store.ts';
import { NO_HINTS } from '../../../src/domain/timeline.ts';
import { propertySeed } from '../../support/seed.ts';

const DAY_MS = 86_400_000;
const timing = {
  graceMs: 600_000,
  closeAfterMs: DAY_MS,
  statusDelaysMs: [2_000, 5_000, 15_000, 60_000],
  manualReviewAfterMs: null,
  manualReviewEveryMs: DAY_MS,
} as unknown as Timing;

function heldAs(status: PaymentStatus, overrides: Partial<HeldPayment> = {}): HeldPayment {
  const attemptOutcome =
    status === 'RECEIVED' ? null : status === 'UNKNOWN' ? 'unknown' : 'accepted';
  return {
    payment: { id: 'pay_1', status, amountMinor: 2_000n, currency: 'ZMW', attempts: [] } as never,
    fence: 2n,
    keyHash: Buffer.alloc(32),
    requestId: 'req',
    traceparent: 't',
    messageKey: 'k',
    attemptOutcome,
    mayHaveLeft: status !== 'RECEIVED',
    notFoundCount: 0,
    statusQueries: 0,
    graceLeftMs: -1,
    sinceDispatchMs: 700_000,
    sequences: { jobs: 0, events: 0 },
    heldAt: new Date(0),
    byHint: false,
    timeline: { count: 0, hash: null },
    hints: NO_HINTS,
    ...overrides,
  };
}

const why = { code: 'payer-rejected', providerCode: 'X', detail: 'd' } as const;
const heard = {
  succeeded: { kind: 'succeeded', failure: false, taken: null, providerTransactionId: null },
  failed: { kind: 'failed', failure: false, why },
  pending: { kind: 'pending', failure: false },
  notFound: { kind: 'not_found', failure: false },
  unclear: { kind: 'unclear', failure: true, reason: 'timeout' },
} as const satisfies Record<string, StatusOutcome>;

const decide = (held: HeldPayment, what: StatusOutcome) =>
  decideSettlement(held, what, timing, () => 0);

describe('what a status query means', () => {
  it('AMB-4 counts "not found" only after the grace, and only the second one means anything', () => {
    const early = heldAs('UNKNOWN', { graceLeftMs: 30_000, notFoundCount: 0, statusQueries: 9 });
    assert.equal(decide(early, heard.notFound).notFoundCount, 0);
    assert.equal(decide(early, heard.notFound).nextCheckInMs, 30_050);
    const first = decide(heldAs('UNKNOWN'), heard.notFound);
    assert.deepEqual([first.status, first.notFoundCount], [null, 1]);
    const second = decide(heldAs('UNKNOWN', { notFoundCount: 1 }), heard.notFound);
    assert.deepEqual([second.status, second.failure?.code], ['FAILED', 'not-taken']);
  });

  it('AMB-4 keeps a minute between two "not found", and counts none that a callback brought forward', () => {
    const first = decide(heldAs('UNKNOWN', { statusQueries: 0 }), heard.notFound);
    assert.deepEqual([first.notFoundCount, first.nextCheckInMs], [1, 60_000]);
    const hinted = decide(heldAs('UNKNOWN', { notFoundCount: 1, byHint: true }), heard.notFound);
    assert.deepEqual([hinted.status, hinted.notFoundCount], [null, 1]);
  });

  it('frees the key of a swept dispatch that the provider never saw, and stores no answer', () => {
    const swept = decide(heldAs('RECEIVED', { notFoundCount: 1 }), heard.notFound);
    assert.equal(swept.status, null);
    assert.equal(swept.answer, null);
    assert.deepEqual(swept.attempt, {
      outcome: 'not_taken',
      reason: 'not-found',
      mayHaveLeft: true,
    });
  });

  it('stores the answer with every outcome that the sweeper finds', () => {
    assert.equal(decide(heldAs('RECEIVED'), heard.succeeded).answer, 'accepted');
    assert.equal(decide(heldAs('RECEIVED'), heard.pending).status, 'ACCEPTED');
    assert.equal(decide(heldAs('RECEIVED'), heard.failed).answer, 'declined');
    const unclear = decide(heldAs('RECEIVED'), heard.unclear);
    assert.deepEqual([unclear.status, unclear.answer, unclear.job], ['UNKNOWN', 'accepted', true]);
  });

  it('AMB-7 fails nothing by age: when the schedule has run out a person looks at it', () => {
    for (const status of ['ACCEPTED', 'UNKNOWN'] as const) {
      const old = heldAs(status, { statusQueries: 1_000, sinceDispatchMs: 365 * DAY_MS });
      assert.equal(decide(old, heard.unclear).status, 'MANUAL_REVIEW');
      assert.equal(decide(old, heard.unclear).nextCheckInMs, DAY_MS);
    }
    const reviewed = heldAs('MANUAL_REVIEW', { sinceDispatchMs: 365 * DAY_MS });
    assert.deepEqual(decide(reviewed, heard.unclear), { ...NOTHING, nextCheckInMs: DAY_MS });
    assert.equal(decide(reviewed, heard.succeeded).status, 'SUCCEEDED');
  });

  it('IDM-10 takes another amount or currency for no success', () => {
    const other = { ...heard.succeeded, taken: { amountMinor: 1_999n, currency: 'ZMW' } };
    const decision = decide(heldAs('ACCEPTED'), other);
    assert.deepEqual([decision.status, decision.capture], ['MANUAL_REVIEW', false]);
    assert.equal(decision.discrepancy?.kind, 'amount-differs');
    const foreign = { ...heard.succeeded, taken: { amountMinor: 2_000n, currency: 'EUR' } };
    assert.equal(decide(heldAs('ACCEPTED'), foreign).status, 'MANUAL_REVIEW');
    const same = { ...heard.succeeded, taken: { amountMinor: 2_000n, currency: 'ZMW' } };
    assert.equal(decide(heldAs('ACCEPTED'), same).status, 'SUCCEEDED');
  });

  it('AMB-6 opens a discrepancy when the provider contradicts a final state, which stays', () => {
    const decision = decide(heldAs('FAILED'), heard.succeeded);
    assert.deepEqual([decision.status, decision.capture], [null, false]);
    assert.equal(decision.discrepancy?.kind, 'succeeded-after-failed');
    const other = decide(heldAs('SUCCEEDED'), heard.failed);
    assert.equal(other.discrepancy?.kind, 'failed-after-succeeded');
    assert.deepEqual(decide(heldAs('SUCCEEDED'), heard.succeeded), NOTHING);
  });

  it('closes what waited a day: unasked when no request ever left, else after two "not found"', () => {
    const idle = { attemptOutcome: 'not_taken', sinceDispatchMs: DAY_MS + 1 } as const;
    assert.ok(closesUnasked(heldAs('RECEIVED', { ...idle, mayHaveLeft: false }), timing));
    assert.ok(!closesUnasked(heldAs('RECEIVED', { ...idle, mayHaveLeft: true }), timing));
    assert.ok(
      !closesUnasked(heldAs('RECEIVED', { mayHaveLeft: false, sinceDispatchMs: DAY_MS }), timing),
    );
    const asked = heldAs('RECEIVED', { ...idle, mayHaveLeft: true });
    assert.equal(decide(asked, heard.notFound).status, null);
    assert.equal(decide(asked, heard.unclear).status, null);
    assert.deepEqual(decide({ ...asked, notFoundCount: 1 }, heard.notFound), close());
    assert.equal(decide(asked, heard.pending).status, 'ACCEPTED');
  });

  it('closes by "not found" only when both were heard after the grace', () => {
    const idle = { attemptOutcome: 'not_taken', mayHaveLeft: true } as const;
    const early = { ...idle, sinceDispatchMs: DAY_MS, graceLeftMs: 30_000 };
    assert.equal(decide(heldAs('RECEIVED', early), heard.notFound).notFoundCount, 0);
  });

  it("makes only legal moves, and FAILED only by the provider's word, whatever is heard", (t) => {
    const outcomes = fc.constantFrom<StatusOutcome>(...Object.values(heard));
    const held = fc.record({
      notFoundCount: fc.integer({ min: 0, max: 3 }),
      statusQueries: fc.integer({ min: 0, max: 20 }),
      graceLeftMs: fc.integer({ min: -10_000, max: 10_000 }),
      sinceDispatchMs: fc.integer({ min: 0, max: 2 * DAY_MS }),
      mayHaveLeft: fc.boolean(),
      attemptOutcome: fc.constantFrom(null, 'not_taken' as const),
    });
    fc.assert(
      fc.property(fc.constantFrom(...PAYMENT_STATUSES), held, outcomes, (status, part, what) => {
        const start = heldAs(
          status,
          status === 'RECEIVED' ? part : { ...part, attemptOutcome: 'unknown' },
        );
        const decision = decide(start, what);
        if (decision.status) assert.ok(mayMove(status, decision.status));
        if (decision.status === 'FAILED') {
          assert.ok(
            what.kind === 'failed' ||
              (what.kind === 'not_found' && start.graceLeftMs <= 0) ||
              start.attemptOutcome === 'not_taken',
          );
        }
        const end = decision.status ?? status;
        const isFinal = end === 'SUCCEEDED' || end === 'FAILED';
        if (!isFinal)
          assert.ok(decision.nextCheckInMs !== null, 'a payment that is not final is asked again');
      }),
      { numRuns: 5_000, seed: propertySeed(t) },
    );
  });
});

describe('what a charge came to', () => {
  it('AMB-1 stores an answer for accepted, unknown and declined, and none for not taken', () => {
    const answers = (outcome: ChargeOutcome) => decideOutcome(outcome, DAY_MS).answer;
    assert.equal(answers({ kind: 'accepted', failure: false, duplicate: true }), 'accepted');
    assert.equal(answers({ kind: 'unknown', failure: true, reason: 'timeout' }), 'accepted');
    assert.equal(answers({ kind: 'declined', failure: false, why }), 'declined');
    const refused = {
      kind: 'not_taken',
      failure: true,
      reason: 'http-429',
      providerCode: null,
    } as const;
    assert.equal(answers({ ...refused, cause: 'refused' }), null);
    assert.equal(decideOutcome({ ...refused, cause: 'refused' }, DAY_MS).nextCheckInMs, DAY_MS);
  });

  it('ties a payment to its provider once a request may have left', () => {
    const left = (cause: 'refused' | 'unreachable' | 'not-sent') => {
      const { attempt } = decideOutcome(
        { kind: 'not_taken', failure: true, reason: 'r', providerCode: null, cause },
        DAY_MS,
      );
      return attempt !== 'keep' && attempt.mayHaveLeft;
    };
    assert.deepEqual(
      [left('refused'), left('unreachable'), left('not-sent')],
      [true, false, false],
    );
  });
});
