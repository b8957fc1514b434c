import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Decision, NOTHING, WITHOUT_JOB_MS } from '../../../src/domain/decision.ts';
import type { PaymentStatus } from '../../../src/domain/payment.ts';
import type { StatusOutcome } from '../../../src/domain/provider.ts';
import type { Timing } from '../../../src/domain/settings.ts';
import {
  AFTER_GRACE_MS,
  close,
  closesUnasked,
  decideSettlement,
  JITTER,
  LONGEST_SPACING_MS,
  NOT_FOUND_NEEDED,
} from '../../../src/domain/settlement.ts';
import type { HeldPayment } from '../../../src/domain/store.ts';

const DAY_MS = 86_400_000;
const timing = {
  ...{ graceMs: 600_000, closeAfterMs: DAY_MS, statusDelaysMs: [2_000, 5_000, 15_000] },
  ...{ manualReviewAfterMs: null, manualReviewEveryMs: 3_600_000 },
} as unknown as Timing;

function heldAs(status: PaymentStatus, changes: Partial<HeldPayment> = {}): HeldPayment {
  return {
    payment: { status, amountMinor: 2_000n, currency: 'ZMW' },
    attemptOutcome: status === 'RECEIVED' ? null : 'unknown',
    ...{ mayHaveLeft: true, notFoundCount: 0, statusQueries: 0, graceLeftMs: 0 },
    ...{ sinceDispatchMs: 700_000, byHint: false, ...changes },
  } as unknown as HeldPayment;
}

const idle = (changes: Partial<HeldPayment> = {}) =>
  heldAs('RECEIVED', { attemptOutcome: 'not_taken', sinceDispatchMs: DAY_MS, ...changes });

const why = { code: 'payer-rejected', providerCode: 'X', detail: 'd' } as const;
const succeeded = (taken: { amountMinor: bigint | null; currency: string } | null = null) =>
  ({ kind: 'succeeded', failure: false, taken, providerTransactionId: null }) as const;
const failed: StatusOutcome = { kind: 'failed', failure: false, why };
const pending: StatusOutcome = { kind: 'pending', failure: false };
const notFound: StatusOutcome = { kind: 'not_found', failure: false };
const unclear: StatusOutcome = { kind: 'unclear', failure: true, reason: 'timeout' };

const decide = (held: HeldPayment, heard: StatusOutcome, changed: Partial<Timing> = {}) =>
  decideSettlement(held, heard, { ...timing, ...changed }, () => 0);
const wait = (changes: Partial<Decision>): Decision => ({ ...NOTHING, ...changes });
const attempt = (
  outcome: 'accepted' | 'declined' | 'not_taken' | 'unknown',
  reason: string | null,
) => ({
  attempt: { outcome, reason, mayHaveLeft: true },
});
const REVIEW: Partial<Decision> = {
  ...{ status: 'MANUAL_REVIEW', event: 'payment.manual-review', nextCheckInMs: 3_600_000 },
};

describe('the schedule of status queries', () => {
  const nextOf = (held: HeldPayment, heard: StatusOutcome, changed: Partial<Timing> = {}) =>
    decide(held, heard, changed).nextCheckInMs;

  it('goes from delay to delay, and repeats the last where an age ends it', () => {
    const byAge = { manualReviewAfterMs: DAY_MS };
    const delays = [0, 1, 2, 3, 9].map((statusQueries) =>
      nextOf(heldAs('ACCEPTED', { statusQueries }), pending, byAge),
    );
    assert.deepEqual(delays, [2_000, 5_000, 15_000, 15_000, 15_000]);
    assert.equal(nextOf(heldAs('ACCEPTED'), pending, { ...byAge, statusDelaysMs: [] }), 60_000);
  });

  it('asks just after the grace where the delay would end later, and not where it ends sooner', () => {
    const within = (graceLeftMs: number, statusQueries = 2) =>
      nextOf(heldAs('UNKNOWN', { graceLeftMs, statusQueries }), unclear);
    assert.equal(within(3_000), 3_050);
    assert.equal(within(1), 51);
    assert.equal(within(20_000), 15_000);
    assert.equal(within(0), 15_000);
    assert.equal(within(-5_000), 15_000);
    assert.deepEqual([AFTER_GRACE_MS, LONGEST_SPACING_MS, NOT_FOUND_NEEDED], [50, 60_000, 2]);
  });

  it('asks for the second "not found" after a minute, or after the grace where that is shorter', () => {
    assert.equal(nextOf(heldAs('UNKNOWN'), notFound), 60_000);
    assert.equal(nextOf(heldAs('UNKNOWN'), notFound, { graceMs: 5_000 }), 5_000);
  });

  it('spreads each delay by up to a tenth, and no time where there is none', () => {
    const spread = (share: number) =>
      decideSettlement(heldAs('UNKNOWN'), unclear, timing, () => share).nextCheckInMs;
    assert.deepEqual([spread(0), spread(0.5), spread(1)], [2_000, 2_100, 2_200]);
    assert.equal(JITTER, 0.1);
    const end = decideSettlement(heldAs('ACCEPTED'), failed, timing, () => 1);
    assert.equal(end.nextCheckInMs, null);
  });

  it('ends after its last delay, or at an age where one is set, and not before', () => {
    const statusOf = (changes: Partial<HeldPayment>, changed: Partial<Timing> = {}) =>
      decide(heldAs('ACCEPTED', changes), pending, changed).status;
    assert.equal(statusOf({ statusQueries: 2 }), null);
    assert.equal(statusOf({ statusQueries: 3 }), 'MANUAL_REVIEW');
    const byAge = { manualReviewAfterMs: 1_000_000 };
    assert.equal(statusOf({ statusQueries: 3, sinceDispatchMs: 999_999 }, byAge), null);
    assert.equal(statusOf({ sinceDispatchMs: 1_000_000 }, byAge), 'MANUAL_REVIEW');
  });
});

describe('a dispatch without outcome that the sweep asks about', () => {
  it('becomes what the provider says, with the answer for its key', () => {
    const accepted: Partial<Decision> = {
      ...{ status: 'ACCEPTED', answer: 'accepted', job: true, event: 'payment.accepted' },
      ...{ ...attempt('accepted', null), nextCheckInMs: WITHOUT_JOB_MS },
    };
    assert.deepEqual(decide(heldAs('RECEIVED'), succeeded()), wait(accepted));
    assert.deepEqual(decide(heldAs('RECEIVED'), pending), wait(accepted));
    assert.deepEqual(
      decide(heldAs('RECEIVED'), failed),
      wait({
        ...{ status: 'FAILED', failure: why, answer: 'declined', event: 'payment.failed' },
        ...attempt('declined', 'payer-rejected'),
      }),
    );
    assert.deepEqual(
      decide(heldAs('RECEIVED'), unclear),
      wait({
        ...{ status: 'UNKNOWN', answer: 'accepted', job: true, event: 'payment.unknown' },
        ...{ ...attempt('unknown', 'timeout'), nextCheckInMs: WITHOUT_JOB_MS },
      }),
    );
  });

  it('waits for the second "not found", then for its key', () => {
    const first = wait({ notFoundCount: 1, nextCheckInMs: 60_000 });
    assert.deepEqual(decide(heldAs('RECEIVED'), notFound), first);
    assert.deepEqual(
      decide(heldAs('RECEIVED', { notFoundCount: 1 }), notFound),
      wait({ ...attempt('not_taken', 'not-found'), nextCheckInMs: DAY_MS }),
    );
    const early = heldAs('RECEIVED', { graceLeftMs: 1, notFoundCount: 1 });
    assert.deepEqual(decide(early, notFound), wait({ notFoundCount: 1, nextCheckInMs: 60_000 }));
  });
});

describe('a payment of which nothing was taken', () => {
  it('is closed unasked once its day is over and no request ever left', () => {
    assert.ok(closesUnasked(idle({ mayHaveLeft: false }), timing));
    assert.ok(!closesUnasked(idle({ mayHaveLeft: false, sinceDispatchMs: DAY_MS - 1 }), timing));
    assert.ok(!closesUnasked(idle(), timing));
    const other = { mayHaveLeft: false, sinceDispatchMs: DAY_MS };
    for (const outcome of [null, 'unknown', 'accepted', 'declined'] as const) {
      assert.ok(!closesUnasked(idle({ ...other, attemptOutcome: outcome }), timing));
    }
    const taken = heldAs('ACCEPTED', { ...other, attemptOutcome: 'not_taken' });
    assert.ok(!closesUnasked(taken, timing));
  });

  it('waits out its day, whatever the silence', () => {
    for (const heard of [notFound, unclear]) {
      const early = idle({ sinceDispatchMs: DAY_MS - 30_000, notFoundCount: 5 });
      assert.deepEqual(decide(early, heard), wait({ nextCheckInMs: 30_000 }));
    }
  });

  it('is closed by the second "not found" after it', () => {
    const closed: Partial<Decision> = {
      ...{ status: 'FAILED', answer: 'expired', event: 'payment.failed' },
      failure: {
        ...{ code: 'not-taken', providerCode: null },
        detail: 'The provider never took the charge.',
      },
    };
    assert.deepEqual(close(), wait(closed));
    assert.deepEqual(decide(idle({ notFoundCount: 1 }), notFound), wait(closed));
    const first = wait({ notFoundCount: 1, nextCheckInMs: 60_000 });
    assert.deepEqual(decide(idle(), notFound), first);
  });

  it('keeps its count through silence, and asks again as a payment in review', () => {
    const silent = decide(idle({ notFoundCount: 1 }), unclear);
    assert.deepEqual(silent, wait({ notFoundCount: 1, nextCheckInMs: 3_600_000 }));
  });

  it('is taken after all when the provider says so', () => {
    for (const heard of [pending, succeeded()]) {
      assert.equal(decide(idle(), heard).status, 'ACCEPTED');
    }
    assert.equal(decide(idle(), failed).status, 'FAILED');
    const early = idle({ sinceDispatchMs: 0 });
    assert.equal(decide(early, pending).status, 'ACCEPTED');
  });
});

describe('a payment that waits for its end', () => {
  it("succeeds and fails by the provider's word, and its attempt with it", () => {
    const done = { status: 'SUCCEEDED', event: 'payment.succeeded', capture: true } as const;
    assert.deepEqual(decide(heldAs('ACCEPTED'), succeeded()), wait(done));
    const told = wait({ ...done, ...attempt('accepted', null) });
    assert.deepEqual(decide(heldAs('UNKNOWN'), succeeded()), told);
    const end = { status: 'FAILED', failure: why, event: 'payment.failed' } as const;
    assert.deepEqual(decide(heldAs('ACCEPTED'), failed), wait(end));
    const declined = wait({ ...end, ...attempt('declined', 'payer-rejected') });
    assert.deepEqual(decide(heldAs('UNKNOWN'), failed), declined);
  });

  it('is accepted once it is heard of, however long it was unknown', () => {
    for (const statusQueries of [0, 3]) {
      const held = heldAs('UNKNOWN', { statusQueries, notFoundCount: 1 });
      assert.deepEqual(
        decide(held, pending),
        wait({
          ...{ status: 'ACCEPTED', event: 'payment.accepted', ...attempt('accepted', null) },
          nextCheckInMs: statusQueries === 0 ? 2_000 : 15_000,
        }),
      );
    }
  });

  it('fails as never taken after two "not found"; an accepted one is a discrepancy', () => {
    const twice = { notFoundCount: 1 };
    assert.deepEqual(
      decide(heldAs('UNKNOWN', twice), notFound),
      wait({
        ...{ status: 'FAILED', event: 'payment.failed', failure: close().failure },
        ...attempt('not_taken', 'not-found'),
      }),
    );
    const discrepancy = {
      kind: 'charge-not-found',
      detail: 'accepted, but the provider does not list it',
    } as const;
    assert.deepEqual(decide(heldAs('ACCEPTED', twice), notFound), wait({ ...REVIEW, discrepancy }));
    const first = wait({ notFoundCount: 1, nextCheckInMs: 60_000 });
    assert.deepEqual(decide(heldAs('ACCEPTED'), notFound), first);
  });

  it('keeps its count of "not found" through silence, and loses it when it is heard of', () => {
    const held = heldAs('ACCEPTED', { notFoundCount: 1 });
    assert.deepEqual(decide(held, unclear), wait({ notFoundCount: 1, nextCheckInMs: 60_000 }));
    assert.deepEqual(decide(held, pending), wait({ nextCheckInMs: 2_000 }));
  });

  it('goes to a person when the schedule has run out, without a discrepancy', () => {
    for (const status of ['ACCEPTED', 'UNKNOWN'] as const) {
      const held = heldAs(status, { statusQueries: 3 });
      assert.deepEqual(decide(held, unclear), wait(REVIEW));
    }
    assert.deepEqual(decide(heldAs('ACCEPTED', { statusQueries: 3 }), pending), wait(REVIEW));
  });

  it('IDM-10 goes to a person when another amount or currency was taken, which it names', () => {
    const taken: [bigint | null, string, string][] = [
      [1_999n, 'ZMW', 'asked for 20.00 ZMW, took 1999 minor units of ZMW'],
      [2_000n, 'EUR', 'asked for 20.00 ZMW, took 2000 minor units of EUR'],
      [null, 'ZMW', 'asked for 20.00 ZMW, took another amount'],
    ];
    for (const [amountMinor, currency, detail] of taken) {
      const discrepancy = { kind: 'amount-differs', detail } as const;
      const heard = succeeded({ amountMinor, currency });
      assert.deepEqual(decide(heldAs('UNKNOWN'), heard), wait({ ...REVIEW, discrepancy }));
    }
    const same = succeeded({ amountMinor: 2_000n, currency: 'ZMW' });
    assert.equal(decide(heldAs('UNKNOWN'), same).status, 'SUCCEEDED');
  });
});

describe('a payment that a person looks at', () => {
  const again = wait({ nextCheckInMs: 3_600_000 });

  it("is ended by the provider's word only, and asked about again otherwise", () => {
    const held = heldAs('MANUAL_REVIEW');
    const done = { status: 'SUCCEEDED', event: 'payment.succeeded', capture: true } as const;
    assert.deepEqual(decide(held, succeeded()), wait(done));
    const end = { status: 'FAILED', failure: why, event: 'payment.failed' } as const;
    assert.deepEqual(decide(held, failed), wait(end));
    for (const heard of [pending, notFound, unclear]) assert.deepEqual(decide(held, heard), again);
    const other = succeeded({ amountMinor: 1n, currency: 'ZMW' });
    assert.deepEqual(decide(held, other), again);
  });
});

describe('a payment that has ended', () => {
  it('AMB-6 stays as it is, and a word against it is a discrepancy', () => {
    const detail = 'the provider says that it took the charge of a payment that is FAILED';
    assert.deepEqual(
      decide(heldAs('FAILED'), succeeded()),
      wait({ discrepancy: { kind: 'succeeded-after-failed', detail } }),
    );
    const other = 'the provider says that the charge of a payment that is SUCCEEDED failed';
    assert.deepEqual(
      decide(heldAs('SUCCEEDED'), failed),
      wait({ discrepancy: { kind: 'failed-after-succeeded', detail: other } }),
    );
  });

  it('is not asked about again once the provider has said how it ended', () => {
    for (const heard of [failed, notFound]) {
      assert.deepEqual(decide(heldAs('FAILED'), heard), NOTHING);
    }
    for (const heard of [succeeded(), notFound]) {
      assert.deepEqual(decide(heldAs('SUCCEEDED'), heard), NOTHING);
    }
    for (const status of ['FAILED', 'SUCCEEDED'] as const) {
      assert.deepEqual(decide(heldAs(status), unclear), wait({ nextCheckInMs: 3_600_000 }));
      assert.deepEqual(decide(heldAs(status), pending), wait({ nextCheckInMs: 3_600_000 }));
    }
  });
});

describe('a "not found" that counts', () => {
  it('was asked for after the grace, and by no callback', () => {
    const countOf = (changes: Partial<HeldPayment>) =>
      decide(heldAs('UNKNOWN', changes), notFound).notFoundCount;
    assert.equal(countOf({}), 1);
    assert.equal(countOf({ graceLeftMs: 1 }), 0);
    assert.equal(countOf({ byHint: true }), 0);
  });
});
