import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeAnswerRenderer } from '../../../src/adapters/http/answers.ts';
import { GatewayError } from '../../../src/domain/errors.ts';
import type { ChargePermit } from '../../../src/domain/gate.ts';
import type { PayCommand } from '../../../src/domain/gateway.ts';
import type { Payment } from '../../../src/domain/payment.ts';
import type { ChargeOutcome, ChargeRequest } from '../../../src/domain/provider.ts';
import type { Move, MoveResult } from '../../../src/domain/store.ts';
import type { BegunDispatch } from '../../../src/usecases/begin-dispatch.ts';
import { type DispatchDeps, makeDispatch } from '../../../src/usecases/dispatch-charge.ts';
import { makeDecisionWriter } from '../../../src/usecases/write-decision.ts';
import { DEMO_TIMING, dispatchLink, holdFirst } from '../../support/holding.ts';

const timing = { ...DEMO_TIMING, providerTotalMs: 3_000, handlerMs: 6_000, leaseMs: 10_000 };
const render = makeAnswerRenderer();
const AT = new Date('2026-01-01T00:00:00.000Z');
const attempt = {
  ...{ number: 1, provider: 'MTN', market: 'ZM', providerReference: 'r' },
  ...{ outcome: null, reason: null, startedAt: AT, endedAt: null },
};
const payment: Payment = {
  ...{ id: 'pay_1', merchantId: 'acme', status: 'RECEIVED', amountMinor: 2_000n },
  ...{ currency: 'ZMW', provider: 'MTN', market: 'ZM', payerMasked: '+260*****4567' },
  ...{ reference: null, description: 'Two chairs', metadata: null, failure: null },
  ...{ createdAt: AT, updatedAt: AT, attempts: [attempt] },
  ...{ nextCheckAt: new Date('2026-01-01T00:00:10Z'), resolvesBy: null, evidence: [] },
};
const command = {
  ...{ merchantId: 'acme', idempotencyKey: 'k', msisdn: '+260971234567' },
  ...{ arrivedAtMs: 0, failover: [] },
} as unknown as PayCommand;

const accepted: ChargeOutcome = { kind: 'accepted', failure: false, duplicate: false };
type Cause = 'refused' | 'unreachable' | 'not-sent';
const notTaken = (cause: Cause, retryAfterSeconds?: number): ChargeOutcome => ({
  ...{ kind: 'not_taken', failure: true, cause, reason: 'r', providerCode: null },
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});

interface Scene {
  outcome?: ChargeOutcome;
  /** The monotonic clock, each time that it is read; the last one repeats. */
  clock?: number[];
  begunAtMs?: number;
  apply?(move: Move): Promise<MoveResult>;
  failover?: string[];
}

async function play(scene: Scene) {
  const { outcome = accepted, clock = [0], begunAtMs = 0, apply, failover = [] } = scene;
  const told: string[] = [];
  const sent: [ChargeRequest, { timeoutMs: number }][] = [];
  const sleeps: number[] = [];
  const signals: AbortSignal[] = [];
  const moves: Move[] = [];
  let reads = 0;
  const deps = {
    store: {
      apply: async (move: Move) => {
        moves.push(move);
        return apply ? await apply(move) : 'written';
      },
      readKey: async (merchantId: string, keyHash: Buffer) => {
        told.push(`reads ${merchantId} ${keyHash}`);
        return null;
      },
    },
    write: makeDecisionWriter({ render, ids: { eventId: () => 'event' }, timing }),
    render,
    clock: {
      monotonicMs: () => clock[Math.min(reads++, clock.length - 1)],
      sleep: (ms: number, signal: AbortSignal) => {
        sleeps.push(ms);
        signals.push(signal);
        return ms < 1_000 ? Promise.resolve() : new Promise(() => {});
      },
    },
    timing,
    callbackUrl: (provider: string, paymentId: string) => `https://${provider}/${paymentId}`,
    keyHash: (merchantId: string, key: string) => Buffer.from(`${merchantId} ${key}`),
    failOver: async () => {
      told.push('looks for another');
      return null;
    },
    freeUnsent: (paymentId: string, fence: bigint, { count }: { count: number }) =>
      told.push(`frees ${paymentId} ${fence} ${count}`),
    metrics: {
      payment: (labels: object) => told.push(Object.values(labels).join(' ')),
    },
    logger: {
      error: (message: string, { paymentId }: { paymentId: string }) =>
        told.push(`${message} ${paymentId}`),
    },
  } as unknown as DispatchDeps;
  const permit: ChargePermit = {
    admitted: true,
    release() {},
    charge: async (...args) => {
      sent.push(args);
      return outcome;
    },
  };
  const link = dispatchLink(payment.id);
  const held = holdFirst(payment, { requestId: 'q', traceparent: 't', messageKey: 'w', link });
  const begun = { held, at: AT, begunAtMs, mayHaveLeft: false, tried: ['MTN'] } as BegunDispatch;
  const result = await makeDispatch(deps)({ ...command, failover }, permit, begun).catch(
    (error: unknown) => error,
  );
  return { result, told, sent, sleeps, signals, moves };
}

function errorOf(result: unknown): GatewayError {
  assert.ok(result instanceof GatewayError);
  return result;
}

const bodyOf = (result: unknown) =>
  JSON.parse((result as { answer: { body: string } }).answer.body);

describe('a charge', () => {
  it("is sent once, with the payment's own content and a provider's whole deadline", async () => {
    const { sent, told, result } = await play({});
    assert.deepEqual(sent, [
      [
        {
          ...{ reference: 'r', paymentId: 'pay_1', amountMinor: 2_000n, currency: 'ZMW' },
          ...{ msisdn: '+260971234567', description: 'Two chairs' },
          callbackUrl: 'https://MTN/pay_1',
        },
        { timeoutMs: 3_000 },
      ],
    ]);
    assert.deepEqual(told, ['MTN ZM ACCEPTED']);
    const { replayed, stored } = result as { replayed: boolean; stored: boolean };
    assert.deepEqual([replayed, stored], [false, true]);
  });

  it('is not sent where it could outlast the lease less the time of its record', async () => {
    const fits = async (nowMs: number, begunAtMs: number) =>
      (await play({ clock: [nowMs], begunAtMs })).sent.length === 1;
    assert.ok(await fits(1_000, -5_750));
    assert.ok(!(await fits(1_000, -5_751)));
    assert.ok(await fits(3_000, 0));
    assert.ok(!(await fits(3_001, 0)));
  });

  it("ends at the store's clock, carried on by our monotonic one", async () => {
    const { moves } = await play({ clock: [500, 2_300], begunAtMs: 300 });
    assert.deepEqual(moves[0]?.at, new Date(AT.getTime() + 2_000));
  });

  it('that never left is counted under no state', async () => {
    const { told } = await play({ outcome: notTaken('unreachable') });
    assert.deepEqual(told, []);
  });
});

describe('a record', () => {
  it("is waited for until the handler's deadline, and at least half a second", async () => {
    const early = await play({ clock: [0, 1_000, 2_000] });
    assert.deepEqual(early.sleeps, [4_000]);
    const late = await play({ clock: [0, 5_900] });
    assert.deepEqual(late.sleeps, [500]);
  });

  it('that is made leaves no timer behind', async () => {
    const { signals } = await play({});
    assert.deepEqual([signals[0]?.aborted, signals[0]?.reason], [true, 'answered']);
  });

  it('that does not come in time is answered as unknown and not stored', async () => {
    const { result, told } = await play({
      clock: [0, 5_900],
      apply: () => new Promise(() => {}),
    });
    const body = bodyOf(result);
    assert.equal(body.status, 'UNKNOWN');
    const [last] = body.attempts;
    const endedAt = new Date(AT.getTime() + 5_900).toISOString();
    assert.deepEqual(
      [last.outcome, last.reason, last.endedAt, body.updatedAt],
      ['unknown', 'not-recorded', endedAt, endedAt],
    );
    assert.equal((result as { stored: boolean }).stored, false);
    assert.equal((result as { replayed: boolean }).replayed, false);
    assert.deepEqual(told, []);
  });

  it('that fails is logged by its payment', async () => {
    const { told } = await play({ apply: () => Promise.reject(new Error('cut')) });
    assert.deepEqual(told, ['an outcome could not be recorded pay_1']);
  });

  it('under a lost fence counts nothing, and asks for the row of its key', async () => {
    const { result, told } = await play({ apply: async () => 'lost' });
    assert.deepEqual(told, ['reads acme acme k']);
    const error = errorOf(result);
    assert.deepEqual(
      [error.code, error.retryAfterSeconds, error.paymentId],
      ['payment-in-progress', 1, 'pay_1'],
    );
    assert.match(error.message, /is being found out/);
  });

  it('in doubt of a charge that never left frees its key, under its fence and timeline', async () => {
    const apply = () => Promise.reject(new Error('cut'));
    const { told } = await play({ outcome: notTaken('unreachable'), apply });
    assert.ok(told.includes('frees pay_1 1 1'));
    const late = { clock: [0, 5_900], apply: () => new Promise<never>(() => {}) };
    const slow = await play({ outcome: notTaken('unreachable'), ...late });
    assert.equal(errorOf(slow.result).code, 'provider-unreachable');
    assert.deepEqual(slow.told, ['frees pay_1 1 1']);
    const sure = await play({ outcome: notTaken('unreachable') });
    assert.deepEqual(sure.told, []);
  });
});

describe('what a caller is told of a charge that was not taken', () => {
  it('says which of the three it was, and when to come back', async () => {
    const cases: [Cause, string, RegExp, number][] = [
      ['refused', 'provider-refused', /answered that it did not process/, 2],
      ['unreachable', 'provider-unreachable', /could not be reached\. Nothing was sent/, 2],
      ['not-sent', 'overloaded', /no time left to send\. Nothing was sent/, 1],
    ];
    for (const [cause, code, sentence, seconds] of cases) {
      const error = errorOf((await play({ outcome: notTaken(cause) })).result);
      assert.deepEqual(
        [error.code, error.retryAfterSeconds, error.provider, error.paymentId],
        [code, seconds, 'MTN', 'pay_1'],
      );
      assert.match(error.message, sentence);
    }
  });

  it('AMB-2 is recorded where it was tried when no other provider takes it', async () => {
    const scene = { outcome: notTaken('unreachable'), failover: ['AIRTEL'] };
    const { result, told, moves } = await play(scene);
    assert.equal(errorOf(result).code, 'provider-unreachable');
    assert.deepEqual([told, moves.length], [['looks for another'], 1]);
    const refused = await play({ ...scene, outcome: notTaken('refused') });
    assert.deepEqual(refused.told, []);
  });

  it("hands on the provider's own pause", async () => {
    for (const cause of ['refused', 'unreachable'] as const) {
      const error = errorOf((await play({ outcome: notTaken(cause, 30) })).result);
      assert.equal(error.retryAfterSeconds, 30);
    }
  });

  it('says that there was no time, as a fact of the attempt that never left', async () => {
    const { result, moves } = await play({ clock: [60_000] });
    assert.equal(errorOf(result).code, 'overloaded');
    assert.deepEqual(moves[0]?.attempt, {
      ...{ outcome: 'not_taken', reason: 'no-time-left', mayHaveLeft: false },
    });
  });
});
