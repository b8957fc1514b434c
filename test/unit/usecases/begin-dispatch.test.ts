import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreUnavailable } from '../../../src/domain/errors.ts';
import type { PayCommand } from '../../../src/domain/gateway.ts';
import type { PaymentProvider } from '../../../src/domain/provider.ts';
import type { KeyRow } from '../../../src/domain/store.ts';
import { systemClock, systemIds } from '../../../src/system.ts';
import { makeBeginDispatch } from '../../../src/usecases/begin-dispatch.ts';
import { TIMING } from '../../simulation/world.ts';

/** A store whose connection is cut while a statement runs. */
function setUp(fate: 'none' | 'unknown') {
  const freed: bigint[] = [];
  const cut = () => Promise.reject(new StoreUnavailable(fate, new Error('cut')));
  const begin = makeBeginDispatch({
    store: { begin: cut, redrive: cut },
    ids: systemIds,
    clock: systemClock,
    timing: TIMING,
    references: {
      providerReference: () => Buffer.alloc(16),
      messageKey: () => 'wallet',
      callbackMac: () => 'mac',
    },
    vault: { seal: () => Buffer.alloc(1), open: () => '', blindIndex: () => Buffer.alloc(1) },
    freeUnsent: (_, fence) => freed.push(fence),
  });
  return { begin, freed };
}

const command = {
  ...{ merchantId: 'acme', idempotencyKey: 'k', msisdn: '+260971234567', market: 'ZM' },
  ...{ amountMinor: 2_000n, currency: 'ZMW', requestId: 'req_1', traceparent: 't' },
} as PayCommand;
const provider = { name: 'MTN', spellReference: () => 'r' } as unknown as PaymentProvider;
const row = {
  ...{ paymentId: 'pay_1', fence: 3n, provider: 'MTN', market: 'ZM' },
  timeline: { count: 1, hash: 'aa'.repeat(32) },
} as KeyRow;

describe('a dispatch whose commit is in doubt', () => {
  it('frees the key of an intent: nobody else can hold fence 1 of its payment', async () => {
    const { begin, freed } = setUp('unknown');
    await assert.rejects(begin.first(command, Buffer.alloc(32), provider));
    assert.deepEqual(freed, [1n]);
  });

  it('IDM-11 frees nothing after a re-drive: the next fence may have become another one', async () => {
    const { begin, freed } = setUp('unknown');
    await assert.rejects(begin.again(row, command, provider), { code: 'store-unavailable' });
    assert.deepEqual(freed, []);
  });

  it('frees nothing when it surely was not written', async () => {
    const { begin, freed } = setUp('none');
    await assert.rejects(begin.first(command, Buffer.alloc(32), provider));
    assert.deepEqual(freed, []);
  });
});
