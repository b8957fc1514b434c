import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PayCommand } from '../../../src/domain/gateway.ts';
import { resolvesInMs } from '../../../src/domain/outcome.ts';
import type { PaymentProvider } from '../../../src/domain/provider.ts';
import type { Intent, IntentResult, KeyRow, Redispatch } from '../../../src/domain/store.ts';
import type { Fact } from '../../../src/domain/timeline.ts';
import { type BeginDispatchDeps, makeBeginDispatch } from '../../../src/usecases/begin-dispatch.ts';
import { DEMO_TIMING } from '../../support/holding.ts';

const NOW = new Date('2026-11-21T08:00:00.000Z');
const AT = new Date('2026-11-21T08:00:00.250Z');
const timing = { ...DEMO_TIMING, leaseMs: 10_000, graceMs: 5_000 };
const BOUND_MS = resolvesInMs(
  {
    ...{ status: 'RECEIVED', nextCheckInMs: 10_000, statusQueries: 0 },
    ...{ graceLeftMs: 15_000, sinceDispatchMs: 0 },
  },
  timing,
);
const command = {
  ...{ merchantId: 'acme', idempotencyKey: 'k', route: 'POST /v1/pay', fingerprint: 'f1' },
  ...{ amountMinor: 2_000n, currency: 'ZMW', msisdn: '+260971234567', provider: 'MTN' },
  ...{ market: 'ZM', routedBy: 'operator', failover: [], reference: 'order-1' },
  ...{ description: 'Two chairs', metadata: { cart: '9' }, requestId: 'req_1' },
  ...{ traceparent: 'trace', arrivedAtMs: 0 },
} as unknown as PayCommand;
const provider = {
  name: 'AIRTEL',
  spellReference: (bytes: Buffer) => `spelt ${bytes}`,
} as unknown as PaymentProvider;
const keyHash = Buffer.from('hash');

function setUp(result: IntentResult | object | null) {
  const intents: Intent[] = [];
  const redrives: unknown[][] = [];
  const deps = {
    store: {
      begin: async (intent: Intent) => {
        intents.push(intent);
        return result;
      },
      redrive: async (...args: unknown[]) => {
        redrives.push(args);
        return result;
      },
    },
    ids: { paymentId: () => 'pay_1' },
    clock: { monotonicMs: () => 777, now: () => NOW },
    timing,
    references: {
      providerReference: (...parts: string[]) => Buffer.from(parts.join(' ')),
      messageKey: (msisdn: string) => `wallet of ${msisdn}`,
    },
    vault: {
      seal: (text: string, place: object) => Buffer.from(`${text} ${JSON.stringify(place)}`),
      blindIndex: (merchantId: string, text: string) => Buffer.from(`${merchantId} ${text}`),
    },
    freeUnsent: () => assert.fail('nothing was in doubt'),
  } as unknown as BeginDispatchDeps;
  return { begin: makeBeginDispatch(deps), intents, redrives };
}

const PLACE = { merchantId: 'acme', table: 'payments', column: 'payer_cipher', rowId: 'pay_1' };

describe('the intent of a new key', () => {
  it('IDM-9 holds all that a later process needs, and the number sealed for its own place', async () => {
    const { begin, intents } = setUp({ kind: 'created', at: AT });
    await begin.first(command, keyHash, provider);
    const [{ link, ...intent } = {} as Intent] = intents;
    assert.deepEqual(intent, {
      ...{ paymentId: 'pay_1', merchantId: 'acme', keyHash, fingerprint: 'f1' },
      ...{ amountMinor: 2_000n, currency: 'ZMW', provider: 'AIRTEL', market: 'ZM' },
      providerReference: 'spelt acme k AIRTEL ZM',
      payerMasked: '+260*****4567',
      payerCipher: Buffer.from(`+260971234567 ${JSON.stringify(PLACE)}`),
      payerIndex: Buffer.from('acme +260971234567'),
      messageKey: 'wallet of +260971234567',
      ...{ reference: 'order-1', description: 'Two chairs', metadata: { cart: '9' } },
      ...{ routedBy: 'operator', requestId: 'req_1', traceparent: 'trace' },
      ...{ leaseMs: 10_000, graceMs: 5_000, resolvesInMs: BOUND_MS },
    });
    assert.equal(link.number, 1);
    const facts = (JSON.parse(link.facts) as Fact[]).map(({ kind, at }) => `${kind} ${at}`);
    assert.deepEqual(facts, [`intent ${NOW.toISOString()}`, `dispatch ${NOW.toISOString()}`]);
  });

  it("IDM-11 is held under fence 1 until its lease ends, by the store's clock", async () => {
    const { begin, intents } = setUp({ kind: 'created', at: AT });
    const begun = await begin.first(command, keyHash, provider);
    assert.ok(begun);
    assert.deepEqual([begun.at, begun.begunAtMs], [AT, 777]);
    assert.deepEqual([begun.mayHaveLeft, begun.tried], [false, ['AIRTEL']]);
    const { payment, timeline, ...held } = begun.held;
    assert.deepEqual(held, {
      ...{ fence: 1n, requestId: 'req_1', traceparent: 'trace' },
      messageKey: 'wallet of +260971234567',
      sequences: { jobs: 0, events: 0 },
      ...{ statusQueries: 0, graceLeftMs: 15_000, sinceDispatchMs: 0 },
      hints: { heard: 0, told: 0, lastAt: null, lastClaimed: null },
    });
    assert.deepEqual(timeline, { count: 1, hash: intents[0]?.link.hash });
    // By its number first: Node's reporter cannot print a date that is none.
    assert.equal(payment.resolvesBy?.getTime(), AT.getTime() + (BOUND_MS as number));
    assert.deepEqual(payment, {
      ...{ id: 'pay_1', merchantId: 'acme', status: 'RECEIVED', amountMinor: 2_000n },
      ...{ currency: 'ZMW', provider: 'AIRTEL', market: 'ZM', payerMasked: '+260*****4567' },
      ...{ reference: 'order-1', description: 'Two chairs', metadata: { cart: '9' } },
      ...{ failure: null, createdAt: AT, updatedAt: AT },
      attempts: [
        {
          ...{ number: 1, provider: 'AIRTEL', market: 'ZM' },
          providerReference: 'spelt acme k AIRTEL ZM',
          ...{ outcome: null, reason: null, startedAt: AT, endedAt: null },
        },
      ],
      nextCheckAt: new Date(AT.getTime() + 10_000),
      resolvesBy: new Date(AT.getTime() + (BOUND_MS as number)),
      evidence: [],
    });
  });

  it('is none when the key has a row', async () => {
    assert.equal(await setUp({ kind: 'exists' }).begin.first(command, keyHash, provider), null);
  });
});

describe('a key that is driven again', () => {
  const row = {
    ...{ paymentId: 'pay_1', fence: 3n, provider: 'AIRTEL', market: 'UG' },
    timeline: { count: 4, hash: 'aa'.repeat(32) },
  } as KeyRow;
  const again = (held: object | null) => {
    const { begin, redrives } = setUp(held);
    return { begun: begin.again(row, command, provider), redrives };
  };

  it('takes the next fence where it went before, and tells of the dispatch', async () => {
    const { begun, redrives } = again({ heldAt: AT, fence: 4n, mayHaveLeft: true });
    const result = await begun;
    assert.deepEqual([result?.at, result?.begunAtMs, result?.held.fence], [AT, 777, 4n]);
    assert.deepEqual([result?.mayHaveLeft, result?.tried], [true, ['AIRTEL']]);
    const [[paymentId, fence, dispatch] = []] = redrives as [string, bigint, Redispatch][];
    assert.deepEqual([paymentId, fence], ['pay_1', 3n]);
    const {
      link,
      leaseMs,
      graceMs,
      requestId,
      traceparent,
      resolvesInMs: inMs,
    } = dispatch as Redispatch;
    assert.deepEqual(
      { leaseMs, graceMs, requestId, traceparent, inMs },
      {
        ...{ leaseMs: 10_000, graceMs: 5_000, requestId: 'req_1', traceparent: 'trace' },
        inMs: BOUND_MS,
      },
    );
    assert.deepEqual(dispatch?.route, {
      ...{ provider: 'AIRTEL', market: 'UG', providerReference: 'spelt acme k AIRTEL UG' },
    });
    assert.equal(link.number, 5);
    const told = { provider: 'AIRTEL', market: 'UG', requestId: 'req_1' };
    assert.deepEqual(JSON.parse(link.facts), [
      { at: NOW.toISOString(), kind: 'dispatch', ...told },
    ]);
  });

  it('AMB-2 tells the reference of the dispatch where it goes to another provider', async () => {
    const { begin, redrives } = setUp({ heldAt: AT, fence: 4n, mayHaveLeft: false });
    await begin.again({ ...row, provider: 'MTN' }, command, provider);
    const [[, , dispatch] = []] = redrives as [string, bigint, Redispatch][];
    const [fact] = JSON.parse(dispatch?.link.facts ?? '[]');
    assert.equal(fact.providerReference, 'spelt acme k AIRTEL UG');
  });

  it('is left alone when somebody was faster', async () => {
    assert.equal(await again(null).begun, null);
  });
});
