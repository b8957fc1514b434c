import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../src/domain/errors.ts';
import type { ChargePermit, GuardedProvider, Refusal } from '../../../src/domain/gate.ts';
import type { PayCommand } from '../../../src/domain/gateway.ts';
import type { IdempotencyStore } from '../../../src/domain/ports.ts';
import type { PaymentProvider } from '../../../src/domain/provider.ts';
import type { KeyRow } from '../../../src/domain/store.ts';
import { makeMetrics } from '../../../src/metrics.ts';
import { makeAcceptPayment } from '../../../src/usecases/accept-payment.ts';
import type { BegunDispatch } from '../../../src/usecases/begin-dispatch.ts';

interface Scene {
  /** Providers whose breaker is open, and those whose bulkhead fills up while somebody waits. */
  shut?: string[];
  full?: string[];
  failover?: string[];
  /** What an earlier request left; without it the key is new. */
  row?: Partial<KeyRow>;
}

/** Answers of where the payment began, or was driven again. */
async function play({ shut = [], full = [], failover = ['AIRTEL'], row }: Scene) {
  const begun: string[] = [];
  const refusal = (code: Refusal['code']): Refusal => {
    return { admitted: false, code, retryAfterSeconds: 7 };
  };
  const gateFor = (name: string) => {
    const isShut = shut.includes(name);
    const admitted = { admitted: true, release() {} } as unknown as ChargePermit;
    return {
      provider: { name } as PaymentProvider,
      refusesCharges: () => isShut,
      chargeRefusal: () => (isShut ? refusal('provider-unavailable') : null),
      admitCharge: async () => (full.includes(name) ? refusal('provider-saturated') : admitted),
    } as unknown as GuardedProvider;
  };
  const standing = { fingerprint: 'f', answer: null, pruned: false, leaseLive: false };
  const known = row && { ...standing, status: 'RECEIVED', attemptOutcome: 'not_taken', ...row };
  const answer = { status: 202, body: '{}', contentType: 'application/json', paymentId: 'pay_1' };
  const pay = makeAcceptPayment({
    store: { readKey: async () => (known ?? null) as KeyRow | null },
    idempotency: {
      look: async () => ({ kind: 'free' }),
      claim: async () => (row ? { kind: 'held' } : { kind: 'granted', token: 't' }),
      async complete() {},
      async release() {},
    } as unknown as IdempotencyStore,
    gateFor,
    keyHash: () => Buffer.alloc(32),
    begin: {
      async first(_command, _hash, { name }) {
        begun.push(`first ${name}`);
        return {} as BegunDispatch;
      },
      async again(_row, _command, { name }) {
        begun.push(`again ${name}`);
        return {} as BegunDispatch;
      },
    },
    dispatch: async () => ({ answer, replayed: false, stored: false }),
    metrics: makeMetrics({ processMetrics: false }),
  });
  const wish = { merchantId: 'acme', idempotencyKey: 'k', fingerprint: 'f' };
  const command = { ...wish, provider: 'MTN', market: 'ZM', failover } as unknown as PayCommand;
  const failed = await pay(command).then(
    () => null,
    (error: unknown) => (error instanceof GatewayError ? [error.code, error.provider] : error),
  );
  return failed ?? begun;
}

const at = (provider: string, mayHaveLeft = false) => ({ provider, market: 'ZM', mayHaveLeft });

describe('AMB-2 where a payment begins', () => {
  it('is its own provider, and the next one where that does not admit, before any row', async () => {
    assert.deepEqual(await play({}), ['first MTN']);
    assert.deepEqual(await play({ shut: ['MTN'] }), ['first AIRTEL']);
    assert.deepEqual(await play({ full: ['MTN'] }), ['first AIRTEL']);
  });

  it('is 503 of its own provider only where none admits', async () => {
    const all = ['MTN', 'AIRTEL'];
    assert.deepEqual(await play({ shut: all }), ['provider-unavailable', 'MTN']);
    assert.deepEqual(await play({ full: all }), ['provider-saturated', 'MTN']);
    const alone = await play({ shut: ['MTN'], failover: [] });
    assert.deepEqual(alone, ['provider-unavailable', 'MTN']);
  });
});

describe('AMB-2 where a key drives its payment again', () => {
  it('is the next provider, and back, while nothing may have left', async () => {
    assert.deepEqual(await play({ row: at('MTN') }), ['again AIRTEL']);
    assert.deepEqual(await play({ row: at('AIRTEL') }), ['again MTN']);
    assert.deepEqual(await play({ row: at('MTN'), shut: ['AIRTEL'] }), ['again MTN']);
  });

  it('is where it stands once anything may have left, whatever admits', async () => {
    for (const name of ['MTN', 'AIRTEL']) {
      assert.deepEqual(await play({ row: at(name, true) }), [`again ${name}`]);
      const refused = await play({ row: at(name, true), shut: [name] });
      assert.deepEqual(refused, ['provider-unavailable', name]);
    }
  });

  it('is where it stands where failover is off, or since its market is another one', async () => {
    assert.deepEqual(await play({ row: at('AIRTEL'), failover: [] }), ['again AIRTEL']);
    const elsewhere = { ...at('AIRTEL'), market: 'UG' };
    assert.deepEqual(await play({ row: elsewhere }), ['again AIRTEL']);
  });
});
