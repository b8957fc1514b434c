import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CERTAINTIES,
  outcomeOf,
  resolvesInMs,
  type Standing,
} from '../../../src/domain/outcome.ts';
import { type Attempt, PAYMENT_STATUSES, type Payment } from '../../../src/domain/payment.ts';
import type { Timing } from '../../../src/domain/settings.ts';
import type { Evidence } from '../../../src/domain/timeline.ts';

const timing = {
  ...{ statusDelaysMs: [1_000, 2_000, 4_000], graceMs: 30_000, providerTotalMs: 3_000 },
  ...{ closeAfterMs: 1_000_000, manualReviewAfterMs: null },
} as unknown as Timing;
const byAge = { manualReviewAfterMs: 500_000 };
const standing: Standing = {
  ...{ status: 'ACCEPTED', nextCheckInMs: 700, statusQueries: 1 },
  ...{ graceLeftMs: -5, sinceDispatchMs: 100_000 },
};

function boundMs(changes: Partial<Standing>, changed: Partial<Timing> = {}): number | null {
  const inMs = resolvesInMs({ ...standing, ...changes }, { ...timing, ...changed });
  return inMs === null ? null : Math.round(inMs);
}

/** "Not found" three times, each within the grace and a tenth. */
const NOT_FOUND = 3 * 33_000;
/** A query and its write take four seconds; beside the schedule's there are four. */
const calls = (queries: number) => (queries + 4) * 4_000;

describe('by when it is known, to the millisecond', () => {
  it('an accepted payment: its next query, the delays that are left and a tenth, and the calls', () => {
    assert.equal(boundMs({}), 700 + 6_600 + NOT_FOUND + calls(2));
    assert.equal(boundMs({ statusQueries: 3 }), 700 + NOT_FOUND + calls(0));
  });

  it('no sooner than just after the grace, where that ends later', () => {
    assert.equal(boundMs({ graceLeftMs: 10_000 }), 10_055 + NOT_FOUND + calls(2));
    assert.equal(boundMs({ graceLeftMs: 7_245 }), 7_300 + NOT_FOUND + calls(2));
    const last = { statusQueries: 3, nextCheckInMs: 20, graceLeftMs: -5 };
    assert.equal(boundMs(last), 55 + NOT_FOUND + calls(0));
  });

  it('where an age ends it: the rest of that age and the longest delay, or its next query', () => {
    const unsorted = { ...byAge, statusDelaysMs: [1_000, 4_000, 2_000] };
    assert.equal(boundMs({}, unsorted), 400_000 + 4_400 + NOT_FOUND + calls(2));
    assert.equal(boundMs({ nextCheckInMs: 600_000 }, byAge), 600_000 + NOT_FOUND + calls(2));
  });

  it('an unknown one: a delay more, for it may be heard of at its last query', () => {
    assert.equal(boundMs({ status: 'UNKNOWN' }), 700 + 6_600 + NOT_FOUND + calls(2) + 4_400);
    const none = { statusDelaysMs: [] };
    assert.equal(boundMs({ status: 'UNKNOWN' }, none), 700 + NOT_FOUND + calls(0) + 66_000);
  });

  it('two "not found" a minute apart at most, however long the grace', () => {
    assert.equal(boundMs({}, { graceMs: 600_000 }), 700 + 6_600 + 3 * 66_000 + calls(2));
  });

  it('a received one: until it would be closed, and then a whole schedule', () => {
    const received = { status: 'RECEIVED', graceLeftMs: 10_000 } as const;
    const closed = 10_055 + 2 * NOT_FOUND + 1_100_000 + calls(0);
    const schedule = 66_000 + 7_700 + NOT_FOUND + calls(3) + 4_400;
    assert.equal(boundMs(received), closed + schedule);
    const late = { ...received, nextCheckInMs: 20_000 };
    assert.equal(boundMs(late), closed + 20_000 - 10_055 + schedule);
    const over = { ...received, nextCheckInMs: 20, graceLeftMs: -5 };
    assert.equal(boundMs(over), closed + 55 - 10_055 + schedule);
    const aged = 500_000 + 4_400 + NOT_FOUND + calls(3) + 4_400;
    assert.equal(boundMs(received, byAge), closed + aged);
  });

  it('no time for what is there already', () => {
    for (const status of ['SUCCEEDED', 'FAILED', 'MANUAL_REVIEW'] as const) {
      assert.equal(boundMs({ status }), null);
    }
  });
});

describe('how sure we are, as it is told', () => {
  const nextCheckAt = new Date('2026-11-21T08:00:00Z');
  const resolvesBy = new Date('2026-11-21T09:00:00Z');
  const route = { provider: 'MTN', market: 'ZM' };
  const heard = (source: Evidence['source'], says: string): Evidence => ({
    ...{ source, at: '2026-11-21T07:00:00.000Z', says, reason: null },
  });
  const of = (
    status: Payment['status'],
    evidence: Evidence[] = [],
    outcomes: Attempt['outcome'][] = ['not_taken'],
  ) => {
    const attempts = outcomes.map((outcome) => ({ outcome, ...route }));
    const payment = { status, evidence, attempts, nextCheckAt, resolvesBy, ...route };
    return outcomeOf(payment as unknown as Payment);
  };

  it('names the next query while there is one, and the end while it is not there', () => {
    const times = PAYMENT_STATUSES.map((status) => {
      const told = of(status);
      return [status, told.nextCheckAt, told.resolvesBy];
    });
    assert.deepEqual(times, [
      ['RECEIVED', nextCheckAt, resolvesBy],
      ['ACCEPTED', nextCheckAt, resolvesBy],
      ['UNKNOWN', nextCheckAt, resolvesBy],
      ['SUCCEEDED', null, null],
      ['FAILED', null, null],
      ['MANUAL_REVIEW', nextCheckAt, null],
    ]);
    const evidence = [heard('status-query', 'pending')];
    assert.equal(of('ACCEPTED', evidence).evidence, evidence);
  });

  it('is one of three words', () => {
    assert.deepEqual(CERTAINTIES, ['final', 'provider-says', 'unknown']);
    const words = PAYMENT_STATUSES.map((status) => of(status).certainty);
    const none = 'unknown';
    assert.deepEqual(words, [none, 'provider-says', none, 'final', 'final', none]);
  });

  it("of a received payment needs the provider's word that it has nothing, about a dispatch that ended", () => {
    const says = (word: Evidence, outcomes?: Attempt['outcome'][]) =>
      of('RECEIVED', [word], outcomes).certainty;
    assert.equal(says(heard('provider-answer', 'not_taken')), 'provider-says');
    assert.equal(says(heard('status-query', 'not_found')), 'provider-says');
    assert.equal(says(heard('status-query', 'pending')), 'unknown');
    assert.equal(says(heard('no-answer', 'not_found')), 'unknown');
    assert.equal(says(heard('provider-answer', 'not_taken'), [null]), 'unknown');
    assert.equal(says(heard('provider-answer', 'not_taken'), ['unknown']), 'unknown');
  });

  it('of an unknown one is never more, whatever was heard before', () => {
    for (const says of ['accepted', 'pending', 'not_found']) {
      assert.equal(of('UNKNOWN', [heard('status-query', says)]).certainty, 'unknown');
    }
  });

  it('of one in review is the latest word of the provider, and of nobody else', () => {
    const says = (...evidence: Evidence[]) => of('MANUAL_REVIEW', evidence).certainty;
    const pending = heard('status-query', 'pending');
    assert.equal(says(pending), 'provider-says');
    assert.equal(says(heard('status-query', 'not_found'), pending), 'provider-says');
    assert.equal(says(pending, heard('status-query', 'not_found')), 'unknown');
    assert.equal(says(pending, heard('callback-hint', 'not_found')), 'provider-says');
    assert.equal(says(heard('callback-hint', 'succeeded')), 'unknown');
    assert.equal(says(heard('not-sent', 'not_taken')), 'unknown');
    assert.equal(says(), 'unknown');
  });
});
