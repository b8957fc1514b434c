import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreUnavailable } from '../../../src/domain/errors.ts';
import { NO_OTHERS, type NotTaken } from '../../../src/domain/failover.ts';
import type { PayCommand } from '../../../src/domain/gateway.ts';
import type { BegunDispatch } from '../../../src/usecases/begin-dispatch.ts';
import { type FailOverDeps, makeFailOver } from '../../../src/usecases/fail-over.ts';
import { DEMO_TIMING } from '../../support/holding.ts';

const AT = new Date('2026-01-01T00:00:00Z');
const timing = { ...DEMO_TIMING, providerTotalMs: 3_000, handlerMs: 6_000 };
const outcome: NotTaken = {
  ...{ kind: 'not_taken', failure: true, cause: 'unreachable', reason: 'connect-refused' },
  providerCode: null,
};
const command = {
  ...{ merchantId: 'acme', idempotencyKey: 'k', provider: 'MTN', market: 'ZM' },
  ...{ failover: ['AIRTEL', 'BANK'], requestId: 'q', traceparent: 't', arrivedAtMs: 0 },
} as unknown as PayCommand;
const payment = {
  ...{ id: 'pay_1', provider: 'MTN', market: 'ZM' },
  attempts: [{ number: 1, provider: 'MTN', market: 'ZM' }],
};
const begun = {
  held: { payment, fence: 3n, timeline: { count: 1, hash: 'aa' } },
  ...{ at: AT, begunAtMs: 0, mayHaveLeft: false, tried: ['MTN'] },
} as unknown as BegunDispatch;

/** `full`: providers whose bulkhead has no place. */
async function play({ full = [] as string[], nowMs = 0, error = null as Error | null } = {}) {
  const told: string[] = [];
  const deps = {
    store: {
      handOver: async () => {
        if (error) throw error;
        return { heldAt: AT, fence: 4n };
      },
    },
    gateFor: (name: string) => ({
      provider: { name, spellReference: () => 'r' },
      chargeRefusal: () => null,
      admitCharge: async () => ({ admitted: !full.includes(name), release() {} }),
    }),
    references: { providerReference: () => Buffer.alloc(16) },
    clock: { monotonicMs: () => nowMs },
    timing,
    freeUnsent: () => told.push('freed'),
    metrics: { failover: () => told.push('counted') },
    logger: {
      warn: (message: string, { paymentId, error: cause }: { paymentId: string; error: Error }) =>
        told.push(`${message} ${paymentId} ${cause === error}`),
    },
  } as unknown as FailOverDeps;
  return { result: await makeFailOver(deps)(command, begun, outcome, AT), told };
}

describe('AMB-2 a dispatch at the next provider', () => {
  it('begins as one of which nothing may have left, at the clock of its own commit', async () => {
    const { result, told } = await play();
    assert.deepEqual(result?.begun, {
      ...{ held: { heldAt: AT, fence: 4n }, at: AT, begunAtMs: 0, mayHaveLeft: false },
      tried: ['MTN', 'AIRTEL'],
    });
    assert.deepEqual(told, ['counted']);
  });

  it('needs a place there, or it goes to the one after', async () => {
    const { result } = await play({ full: ['AIRTEL'] });
    assert.deepEqual(result?.begun.tried, ['MTN', 'BANK']);
    assert.equal((await play({ full: ['AIRTEL', 'BANK'] })).result, null);
  });

  it("needs a provider's whole deadline within the handler's, and no more", async () => {
    assert.ok((await play({ nowMs: 3_000 })).result);
    assert.equal((await play({ nowMs: 3_001 })).result, null);
  });

  it('whose commit surely was not made is logged by its payment, and nothing is freed', async () => {
    for (const error of [new StoreUnavailable('none', new Error('cut')), new Error('defect')]) {
      const { result, told } = await play({ error });
      assert.equal(result, null);
      assert.deepEqual(told, ['a payment could not go to another provider pay_1 true']);
    }
  });

  it('is none where nobody stands in', () => {
    assert.deepEqual(NO_OTHERS, []);
    assert.ok(Object.isFrozen(NO_OTHERS));
  });
});
