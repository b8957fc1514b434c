import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PROFILES } from '../../../src/config/timing-profiles.ts';
import { decideOutcome } from '../../../src/domain/decision.ts';
import { outcomeOf, resolvesInMs } from '../../../src/domain/outcome.ts';
import type { Attempt, Payment, PaymentStatus } from '../../../src/domain/payment.ts';
import type { StatusOutcome } from '../../../src/domain/provider.ts';
import type { Timing } from '../../../src/domain/settings.ts';
import { closesUnasked, decideSettlement } from '../../../src/domain/settlement.ts';
import type { HeldPayment } from '../../../src/domain/store.ts';
import { type Evidence, NO_HINTS, withEvidence } from '../../../src/domain/timeline.ts';
import { propertySeed } from '../../support/seed.ts';

const AT = '2026-11-21T08:00:00.000Z';
const heard = (source: Evidence['source'], says: string): Evidence => ({
  ...{ source, at: AT, says, reason: null },
});

function paymentAs(status: PaymentStatus, evidence: Evidence[], outcome: Attempt['outcome']) {
  const times = { nextCheckAt: new Date(AT), resolvesBy: new Date(AT) };
  return { status, evidence, attempts: [{ outcome }], ...times } as unknown as Payment;
}

const certainty = (
  status: PaymentStatus,
  evidence: Evidence[],
  outcome: Attempt['outcome'] = null,
) => outcomeOf(paymentAs(status, evidence, outcome)).certainty;

describe('how sure we are', () => {
  it('is final for what moves no more, and names no time for it', () => {
    for (const status of ['SUCCEEDED', 'FAILED'] as const) {
      assert.deepEqual(outcomeOf(paymentAs(status, [], 'accepted')), {
        ...{ certainty: 'final', nextCheckAt: null, resolvesBy: null, evidence: [] },
      });
    }
  });

  it("is the provider's word only where it carries the state", () => {
    assert.equal(certainty('ACCEPTED', []), 'provider-says');
    assert.equal(certainty('UNKNOWN', [heard('status-query', 'not_found')]), 'unknown');
    const refused = [heard('provider-answer', 'not_taken')];
    assert.equal(certainty('RECEIVED', refused, 'not_taken'), 'provider-says');
    assert.equal(certainty('RECEIVED', refused, null), 'unknown', 'another dispatch is under way');
    assert.equal(certainty('RECEIVED', [heard('not-sent', 'not_taken')], 'not_taken'), 'unknown');
  });

  it('of a payment in review is its last clear word, and never a callback', () => {
    const accepted = heard('provider-answer', 'accepted');
    const silence = heard('no-answer', 'status-query');
    assert.equal(certainty('MANUAL_REVIEW', [silence]), 'unknown');
    assert.equal(certainty('MANUAL_REVIEW', [heard('callback-hint', 'succeeded')]), 'unknown');
    assert.equal(certainty('MANUAL_REVIEW', [accepted, silence]), 'provider-says');
    const lost = [accepted, heard('status-query', 'not_found')];
    assert.equal(certainty('MANUAL_REVIEW', lost), 'unknown', 'two words that differ');
    assert.equal(outcomeOf(paymentAs('MANUAL_REVIEW', lost, null)).resolvesBy, null);
  });

  it('keeps the latest word of each source, in the order in which they came', () => {
    const known = [heard('provider-answer', 'accepted'), heard('status-query', 'pending')];
    const told = withEvidence(known, heard('provider-answer', 'declined'));
    assert.deepEqual(
      told.map(({ says }) => says),
      ['pending', 'declined'],
    );
  });
});

const WORDS: StatusOutcome[] = [
  { kind: 'pending', failure: false },
  { kind: 'not_found', failure: false },
  { kind: 'unclear', failure: true, reason: 'timeout' },
];

/** One payment under its schedule, each query sent when it is due; answers when it came to rest. */
function play(start: 'ACCEPTED' | 'UNKNOWN' | 'RECEIVED', words: StatusOutcome[], timing: Timing) {
  const graceMs = timing.leaseMs + timing.graceMs;
  const held = { status: start as PaymentStatus, nowMs: timing.leaseMs, queries: 0, notFound: 0 };
  let attempt: Attempt['outcome'] = start === 'RECEIVED' ? null : 'unknown';
  let nextMs = timing.leaseMs;
  if (start !== 'RECEIVED') {
    const kind = start === 'ACCEPTED' ? 'accepted' : 'unknown';
    const outcome = { kind, failure: kind === 'unknown', duplicate: false, reason: 'r' } as never;
    nextMs = decideOutcome(outcome, timing.closeAfterMs).nextCheckInMs ?? 0;
    held.nowMs = 0;
  }
  const bounds: number[] = [];
  const bound = () => {
    const { status, nowMs, queries: statusQueries } = held;
    const standing = { status, nextCheckInMs: nextMs, statusQueries };
    const times = { graceLeftMs: graceMs - nowMs, sinceDispatchMs: nowMs };
    const inMs = resolvesInMs({ ...standing, ...times }, timing);
    if (inMs !== null) bounds.push(nowMs + inMs);
    return inMs;
  };
  if (start === 'RECEIVED') held.nowMs = 0;
  for (let turn = 0; bound() !== null; turn += 1) {
    assert.ok(turn < 10_000, 'it comes to rest');
    held.nowMs += nextMs;
    const view = {
      payment: { status: held.status, amountMinor: 1n, currency: 'ZMW', attempts: [] },
      ...{ attemptOutcome: attempt, mayHaveLeft: true, notFoundCount: held.notFound },
      ...{ statusQueries: held.queries, graceLeftMs: graceMs - held.nowMs },
      ...{ sinceDispatchMs: held.nowMs, byHint: false, hints: NO_HINTS },
    } as unknown as HeldPayment;
    assert.ok(!closesUnasked(view, timing));
    const drawn = words[turn % words.length] as StatusOutcome;
    // After "not taken", silence for ever is the one way to wait without end: the description says so.
    const isIdle = held.status === 'RECEIVED' && attempt === 'not_taken';
    const word = isIdle && drawn.kind === 'unclear' ? (WORDS[1] as StatusOutcome) : drawn;
    const decision = decideSettlement(view, word, timing, () => 1);
    held.nowMs += timing.providerTotalMs;
    held.status = decision.status ?? held.status;
    held.queries += 1;
    held.notFound = decision.notFoundCount;
    if (decision.attempt !== 'keep') attempt = decision.attempt.outcome;
    nextMs = decision.nextCheckInMs ?? 0;
  }
  return { bounds, restedMs: held.nowMs };
}

describe('by when it is known', () => {
  for (const [name, { timing }] of Object.entries(PROFILES)) {
    it(`every bound that was told holds, whatever the provider says (${name})`, (t) => {
      const words = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 40 });
      const starts = fc.constantFrom('ACCEPTED' as const, 'UNKNOWN' as const, 'RECEIVED' as const);
      fc.assert(
        fc.property(starts, words, (start, told) => {
          const { bounds, restedMs } = play(start, told, timing);
          for (const bound of bounds) assert.ok(restedMs <= bound, `${restedMs} after ${bound}`);
        }),
        { numRuns: 1_000, seed: propertySeed(t) },
      );
    });
  }

  it('is near: an accepted payment of the demo is known within its half hour and a little', () => {
    const { timing } = PROFILES.demo;
    const standing = { nextCheckInMs: 1_000, statusQueries: 0, graceLeftMs: 15_000 };
    const inMs = resolvesInMs({ status: 'ACCEPTED', ...standing, sinceDispatchMs: 0 }, timing);
    assert.ok(inMs !== null && inMs >= 1_800_000 && inMs < 1_900_000, `${inMs}`);
  });
});
