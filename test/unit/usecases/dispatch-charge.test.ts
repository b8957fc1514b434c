import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeAnswerRenderer } from '../../../src/adapters/http/answers.ts';
import { GatewayError, StoreUnavailable } from '../../../src/domain/errors.ts';
import type { ChargePermit } from '../../../src/domain/gate.ts';
import type { PayCommand } from '../../../src/domain/gateway.ts';
import type { Attempt } from '../../../src/domain/payment.ts';
import type { ChargeOutcome } from '../../../src/domain/provider.ts';
import type { KeyRow, Move } from '../../../src/domain/store.ts';
import { makeMetrics } from '../../../src/metrics.ts';
import { systemClock, systemIds } from '../../../src/system.ts';
import type { BegunDispatch } from '../../../src/usecases/begin-dispatch.ts';
import { type DispatchDeps, makeDispatch } from '../../../src/usecases/dispatch-charge.ts';
import type { Onward } from '../../../src/usecases/fail-over.ts';
import { makeDecisionWriter } from '../../../src/usecases/write-decision.ts';
import { silentLogger } from '../../support/database.ts';
import { DEMO_TIMING, dispatchLink, holdFirst } from '../../support/holding.ts';

const timing = DEMO_TIMING;
const render = makeAnswerRenderer();
const at = new Date('2026-01-01T00:00:00Z');
const payment = {
  id: 'pay_1',
  merchantId: 'acme',
  status: 'RECEIVED',
  amountMinor: 2_000n,
  currency: 'ZMW',
  provider: 'MTN',
  market: 'ZM',
  payerMasked: '+260*****4567',
  reference: null,
  description: null,
  metadata: null,
  failure: null,
  createdAt: at,
  updatedAt: at,
  attempts: [
    {
      number: 1,
      provider: 'MTN',
      market: 'ZM',
      providerReference: 'r',
      outcome: null,
      reason: null,
      startedAt: at,
      endedAt: null,
    },
  ],
  nextCheckAt: new Date('2026-01-01T00:00:10Z'),
  resolvesBy: new Date('2026-01-03T00:00:00Z'),
  evidence: [],
} satisfies BegunDispatch['held']['payment'];

interface Scene {
  outcome?: ChargeOutcome;
  /** Monotonic time of the last look at the clock. */
  nowMs?: number;
  apply?(move: Move): Promise<'written' | 'lost'>;
  row?: Partial<KeyRow> | null | Error;
  failover?: string[];
}

const accepted: ChargeOutcome = { kind: 'accepted', failure: false, duplicate: false };
const notTaken = (cause: 'refused' | 'unreachable'): ChargeOutcome => ({
  kind: 'not_taken',
  failure: true,
  cause,
  reason: 'r',
  providerCode: null,
});
const THERE = { number: 2, provider: 'AIRTEL', providerReference: 's' };
const away = () => Promise.reject(new StoreUnavailable('unknown', new Error('cut')));

async function play({ outcome = accepted, nowMs = 100, apply, row = null, failover = [] }: Scene) {
  const sent: string[] = [];
  const freed: string[] = [];
  const released: string[] = [];
  let onward: Onward | null = null;
  const moves: Move[] = [];
  const deps: DispatchDeps = {
    store: {
      apply: async (move) => {
        moves.push(move);
        return apply ? await apply(move) : 'written';
      },
      readKey: async () => {
        if (row instanceof Error) throw row;
        return row as KeyRow | null;
      },
    },
    write: makeDecisionWriter({ render, ids: systemIds, timing }),
    render,
    clock: { monotonicMs: () => nowMs, sleep: (ms, signal) => systemClock.sleep(ms, signal) },
    timing,
    callbackUrl: () => null,
    keyHash: () => Buffer.alloc(32),
    failOver: async () => onward,
    freeUnsent: (paymentId) => freed.push(paymentId),
    metrics: makeMetrics({ processMetrics: false }),
    logger: silentLogger,
  };
  const permitFor = (provider: string, result: ChargeOutcome) =>
    ({
      admitted: true,
      release: () => released.push(provider),
      charge: async (request) => {
        sent.push(request.reference);
        return result;
      },
    }) satisfies ChargePermit;
  const wish = { merchantId: 'acme', idempotencyKey: 'k', arrivedAtMs: 0, failover };
  const command = wish as unknown as PayCommand;
  const told = { requestId: 'q', traceparent: 't', messageKey: 'w' };
  const held = holdFirst(payment, { ...told, link: dispatchLink(payment.id) });
  const [first] = payment.attempts as [Attempt];
  const attempts = [first, { ...first, ...THERE }];
  const there = { ...held, payment: { ...payment, ...THERE, attempts }, fence: 2n };
  const tried = ['MTN', 'AIRTEL'];
  onward = {
    permit: permitFor('AIRTEL', accepted),
    begun: { held: there, at, begunAtMs: 0, mayHaveLeft: false, tried },
  };
  const permit = permitFor('MTN', outcome);
  const begun = { held, at, begunAtMs: 0, mayHaveLeft: false, tried: ['MTN'] };
  const result = await makeDispatch(deps)(command, permit, begun).catch((error: unknown) => error);
  return { result, sent, freed, moves, released };
}

const codeOf = (result: unknown) => (result instanceof GatewayError ? result.code : 'an answer');
const bodyOf = (result: unknown) =>
  JSON.parse((result as { answer: { body: string } }).answer.body);
const statusOf = (result: unknown) => bodyOf(result).status;

describe('a dispatch', () => {
  it('sends nothing when the lease or the handler has no time for a whole provider deadline', async () => {
    for (const nowMs of [3_001, 6_751, 60_000]) {
      const { result, sent, moves } = await play({ nowMs });
      assert.equal(codeOf(result), 'overloaded');
      assert.deepEqual(sent, []);
      const [move] = moves;
      assert.ok(move && move.attempt !== 'keep');
      assert.deepEqual([move.attempt.outcome, move.attempt.mayHaveLeft], ['not_taken', false]);
    }
    assert.deepEqual((await play({ nowMs: 3_000 })).sent, ['r']);
  });

  it('IDM-8 answers 202 UNKNOWN, unstored, when what was sent cannot be recorded', async () => {
    const unknown: ChargeOutcome = { kind: 'unknown', failure: true, reason: 'timeout' };
    const declined: ChargeOutcome = {
      kind: 'declined',
      failure: false,
      why: { code: 'payer-rejected', providerCode: null, detail: 'd' },
    };
    for (const outcome of [accepted, unknown, declined, notTaken('refused')]) {
      const { result, freed } = await play({ outcome, apply: away });
      assert.equal(statusOf(result), 'UNKNOWN');
      assert.deepEqual(bodyOf(result).outcome, {
        certainty: 'unknown',
        nextCheckAt: payment.nextCheckAt.toISOString(),
        resolvesBy: payment.resolvesBy.toISOString(),
        evidence: [],
      });
      assert.equal((result as { stored: boolean }).stored, false);
      assert.deepEqual(freed, []);
    }
  });

  it('answers a 5xx and frees the key when nothing was sent and that cannot be recorded', async () => {
    const { result, freed } = await play({ outcome: notTaken('unreachable'), apply: away });
    assert.equal(codeOf(result), 'provider-unreachable');
    assert.deepEqual(freed, ['pay_1']);
  });

  it('IDM-11 answers what stands, and never a 5xx, when somebody else took its fence', async () => {
    const lost = async () => 'lost' as const;
    const answer = { status: 202, contentType: 'application/json', body: '{}', paymentId: 'pay_1' };
    for (const outcome of [accepted, notTaken('refused'), notTaken('unreachable')]) {
      const replay = await play({ outcome, apply: lost, row: { answer } });
      assert.deepEqual(replay.result, { answer, replayed: true, stored: true });
      const open = await play({ outcome, apply: lost, row: { answer: null } });
      assert.equal(codeOf(open.result), 'payment-in-progress');
      const blind = await play({ outcome, apply: lost, row: new Error('down') });
      assert.equal(statusOf(blind.result), 'UNKNOWN');
    }
  });

  it('AMB-2 goes on under the next fence after one that never left, and gives the place back', async () => {
    const failover = ['AIRTEL'];
    const { result, sent, moves, released } = await play({
      outcome: notTaken('unreachable'),
      failover,
    });
    assert.deepEqual([statusOf(result), sent, released], ['ACCEPTED', ['r', 's'], ['AIRTEL']]);
    assert.deepEqual(
      moves.map(({ fence, attemptNumber }) => [fence, attemptNumber]),
      [[2n, 2]],
    );
    const unknown: ChargeOutcome = { kind: 'unknown', failure: true, reason: 'timeout' };
    for (const outcome of [notTaken('refused'), unknown]) {
      assert.deepEqual((await play({ outcome, failover })).sent, ['r'], outcome.kind);
    }
    assert.deepEqual((await play({ outcome: notTaken('unreachable') })).sent, ['r'], 'it is off');
  });

  it('tells a refusal in words from a provider that was not reached', async () => {
    assert.equal(codeOf((await play({ outcome: notTaken('refused') })).result), 'provider-refused');
    const { result } = await play({ outcome: notTaken('unreachable') });
    assert.equal(codeOf(result), 'provider-unreachable');
  });
});
