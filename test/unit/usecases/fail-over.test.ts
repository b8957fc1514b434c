import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError, StoreUnavailable } from '../../../src/domain/errors.ts';
import type { NotTaken } from '../../../src/domain/failover.ts';
import type { ChargePermit, GuardedProvider, Refusal } from '../../../src/domain/gate.ts';
import type { PayCommand } from '../../../src/domain/gateway.ts';
import type { PaymentProvider } from '../../../src/domain/provider.ts';
import type { Handover, HeldPayment } from '../../../src/domain/store.ts';
import { makeMetrics } from '../../../src/metrics.ts';
import type { BegunDispatch } from '../../../src/usecases/begin-dispatch.ts';
import { makeFailOver } from '../../../src/usecases/fail-over.ts';
import { silentLogger } from '../../support/database.ts';
import { DEMO_TIMING } from '../../support/holding.ts';

const at = new Date('2026-01-01T00:00:00Z');
const outcome: NotTaken = {
  ...{ kind: 'not_taken', failure: true, cause: 'unreachable', reason: 'connect-refused' },
  providerCode: null,
};
const command = {
  ...{ merchantId: 'acme', idempotencyKey: 'k', provider: 'MTN', market: 'ZM' },
  ...{ failover: ['AIRTEL', 'BANK'], requestId: 'q', traceparent: 't', arrivedAtMs: 0 },
} as unknown as PayCommand;

interface Scene {
  begun?: Partial<BegunDispatch>;
  nowMs?: number;
  /** Providers whose breaker is open. */
  shut?: string[];
  /** What becomes of the commit. @default it is made */
  handOver?(): Promise<HeldPayment | null>;
}

async function play({ begun, nowMs = 100, shut = [], handOver }: Scene = {}) {
  const handovers: [bigint, Handover][] = [];
  const freed: unknown[] = [];
  const released: string[] = [];
  const refusal: Refusal = { admitted: false, code: 'provider-unavailable', retryAfterSeconds: 1 };
  const gateFor = (name: string) => {
    const release = () => released.push(name);
    return {
      provider: { name, spellReference: () => `${name}-reference` } as unknown as PaymentProvider,
      chargeRefusal: () => (shut.includes(name) ? refusal : null),
      admitCharge: async () => ({ admitted: true, release }) as unknown as ChargePermit,
    } as unknown as GuardedProvider;
  };
  const metrics = makeMetrics({ processMetrics: false });
  const failOver = makeFailOver({
    store: {
      async handOver(_, fence, handover) {
        handovers.push([fence, handover]);
        return handOver ? await handOver() : ({ heldAt: at } as HeldPayment);
      },
    },
    gateFor,
    references: {
      providerReference: () => Buffer.alloc(16),
      messageKey: String,
      callbackMac: String,
    },
    clock: { monotonicMs: () => nowMs },
    timing: DEMO_TIMING,
    freeUnsent: (...args) => freed.push(args.slice(0, 2)),
    metrics,
    logger: silentLogger,
  });
  const attempts = [{ number: 1, provider: 'MTN', market: 'ZM' }];
  const payment = { id: 'pay_1', provider: 'MTN', market: 'ZM', attempts };
  const held = { payment, fence: 3n, timeline: { count: 1, hash: 'aa' } };
  const standing = { held, at, begunAtMs: 0, mayHaveLeft: false, tried: ['MTN'], ...begun };
  const result = await failOver(command, standing as unknown as BegunDispatch, outcome, at).catch(
    (error: unknown) => error as GatewayError,
  );
  return { result, handovers, freed, released, metrics };
}

describe('AMB-2 going to the next provider', () => {
  it('is one commit of the end there and the intent here, under the fence that is held', async () => {
    const { result, handovers, metrics } = await play();
    assert.ok(result && 'begun' in result);
    assert.deepEqual(result.begun.tried, ['MTN', 'AIRTEL']);
    const [fence, handover] = handovers[0] ?? [];
    assert.equal(fence, 3n);
    assert.deepEqual(handover?.ended, { reason: 'connect-refused', at });
    const providerReference = 'AIRTEL-reference';
    assert.deepEqual(handover?.route, { provider: 'AIRTEL', market: 'ZM', providerReference });
    const facts = JSON.parse(handover?.link.facts ?? '[]');
    assert.deepEqual(
      facts.map((one: { kind: string; provider?: string }) => [one.kind, one.provider]),
      [
        ['not-sent', undefined],
        ['dispatch', 'AIRTEL'],
      ],
    );
    const { body } = await metrics.render();
    assert.match(body, /payment_failovers_total\{provider="MTN",market="ZM",to="AIRTEL"\} 1/);
  });

  it('is nothing once an earlier dispatch may have left, however surely this one did not', async () => {
    const { result, handovers } = await play({ begun: { mayHaveLeft: true } });
    assert.deepEqual([result, handovers], [null, []]);
  });

  it('is nothing without time for a whole provider deadline, so that no row is written for it', async () => {
    const { result, handovers } = await play({ nowMs: 3_001 });
    assert.deepEqual([result, handovers], [null, []]);
  });

  it('passes over a provider that would not admit, and one that this request has tried', async () => {
    const shut = await play({ shut: ['AIRTEL'] });
    assert.equal(shut.handovers[0]?.[1].route.provider, 'BANK');
    const tried = await play({ begun: { tried: ['MTN', 'AIRTEL'] }, shut: ['BANK'] });
    assert.deepEqual([tried.result, tried.handovers], [null, []]);
  });

  it('sends nothing and answers 503 when the result of its commit is lost; its own fence is freed', async () => {
    const cut = () => Promise.reject(new StoreUnavailable('unknown', new Error('cut')));
    const { result, freed, released } = await play({ handOver: cut });
    assert.ok(result instanceof GatewayError);
    assert.equal(result.code, 'store-unavailable');
    assert.deepEqual([freed, released], [[['pay_1', 3n]], ['AIRTEL']]);
  });

  it('stays where it is when the commit surely was not made, or its fence is gone', async () => {
    const away = () => Promise.reject(new StoreUnavailable('none', new Error('refused')));
    for (const handOver of [away, async () => null]) {
      const { result, freed, released } = await play({ handOver });
      assert.deepEqual([result, freed, released], [null, [], ['AIRTEL']]);
    }
  });
});
