import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GatewayError, StoreUnavailable } from '../../../src/domain/errors.ts';
import type { GuardedProvider, Refusal } from '../../../src/domain/gate.ts';
import type { PayCommand } from '../../../src/domain/gateway.ts';
import type { ClaimResult, LookResult, StoredAnswer } from '../../../src/domain/ports.ts';
import type { KeyRow } from '../../../src/domain/store.ts';
import { type AcceptPaymentDeps, makeAcceptPayment } from '../../../src/usecases/accept-payment.ts';
import type { Dispatched } from '../../../src/usecases/dispatch-charge.ts';

const KEY_HASH = Buffer.from('a key of this merchant, hashed..');
const CACHE_KEY = KEY_HASH.toString('base64url');
const answer: StoredAnswer = {
  ...{ status: 202, contentType: 'application/json', paymentId: 'pay_1', body: '{"a":1}' },
};
const command = {
  ...{ merchantId: 'acme', idempotencyKey: 'k', fingerprint: 'f1', provider: 'MTN' },
  ...{ market: 'ZM', failover: [] },
} as unknown as PayCommand;
const rowAs = (changes: Partial<KeyRow> = {}): KeyRow =>
  ({
    ...{ paymentId: 'pay_1', fingerprint: 'f1', answer: null, pruned: false, status: 'RECEIVED' },
    ...{ provider: 'MTN', market: 'ZM', fence: 1n, attemptOutcome: 'not_taken', leaseLive: false },
    ...{ mayHaveLeft: false, timeline: { count: 1, hash: 'h' }, ...changes },
  }) as KeyRow;

interface Scene {
  claim?: ClaimResult;
  look?: LookResult;
  /** What the store says, one for each time it is asked; an error is thrown. */
  rows?: (KeyRow | null | Error)[];
  begins?: boolean;
  dispatched?: Dispatched | Error;
  /** What the gate says before anything is claimed, and when it is asked again. */
  refusesCharges?: boolean;
  refusal?: Refusal | null;
  /** Gates that refuse nothing when they are asked again. */
  closed?: readonly string[];
  open?: readonly string[];
  full?: Refusal | null;
  gates?: readonly string[];
}

const GRANTED: ClaimResult = { kind: 'granted', token: 'mine' };
const STORED: Dispatched = { answer, replayed: false, stored: true };
const REFUSAL: Refusal = { admitted: false, code: 'provider-unavailable', retryAfterSeconds: 7 };

async function play(scene: Scene, asked: PayCommand = command) {
  const { claim = GRANTED, look = { kind: 'free' }, begins = true, dispatched = STORED } = scene;
  const { refusal = null, full = null, gates = ['MTN/ZM'], closed = [], open = [] } = scene;
  const rows = [...(scene.rows ?? [])];
  const told: string[] = [];
  const say = (text: string) => void told.push(text);
  const gateAs = (name: string) =>
    ({
      provider: { name },
      refusesCharges: () => (scene.refusesCharges ?? false) && !open.includes(name),
      chargeRefusal: () => ([...open, ...closed].includes(name) ? null : refusal),
      admitCharge: async () => full ?? { admitted: true, release: () => say('released') },
    }) as unknown as GuardedProvider;
  const deps = {
    store: {
      readKey: async (merchantId: string, keyHash: Buffer) => {
        say(`reads ${merchantId} ${keyHash === KEY_HASH}`);
        const row = rows.shift() ?? null;
        if (row instanceof Error) throw row;
        return row;
      },
    },
    idempotency: {
      claim: async (key: string, fingerprint: string) => {
        say(`claims ${key === CACHE_KEY} ${fingerprint}`);
        return claim;
      },
      look: async (key: string) => {
        say(`looks ${key === CACHE_KEY}`);
        return look;
      },
      complete: async (key: string, token: string | null, print: string, kept: StoredAnswer) =>
        say(`completes ${key === CACHE_KEY} ${token} ${print} ${kept.body}`),
      release: async (key: string, token: string) => say(`releases ${key === CACHE_KEY} ${token}`),
    },
    gateFor: (provider: string, market: string) =>
      gates.includes(`${provider}/${market}`) ? gateAs(provider) : undefined,
    keyHash: (merchantId: string, key: string) =>
      merchantId === 'acme' && key === 'k' ? KEY_HASH : Buffer.alloc(32),
    begin: {
      first: async (_: PayCommand, keyHash: Buffer, { name }: { name: string }) => {
        say(`begins ${keyHash === KEY_HASH} ${name}`);
        return begins ? {} : null;
      },
      again: async (row: KeyRow) => {
        say(`begins again ${row.paymentId}`);
        return begins ? {} : null;
      },
    },
    dispatch: async () => {
      say('dispatches');
      if (dispatched instanceof Error) throw dispatched;
      return dispatched;
    },
    metrics: { idempotencyClaim: (result: string, where: string) => say(`${result} ${where}`) },
  } as unknown as AcceptPaymentDeps;
  const result = await makeAcceptPayment(deps)(asked).catch((error: unknown) => error);
  await nextTurn();
  return { result, told };
}

async function refusedWith(scene: Scene, asked?: PayCommand) {
  const { result, told } = await play(scene, asked);
  assert.ok(result instanceof GatewayError, `${JSON.stringify(result)}`);
  return { error: result, told };
}

const sends = (told: string[]) => told.includes('dispatches');
const replay = { kind: 'answer', answer, replayed: true };

describe('a request with a new key', () => {
  it('claims, writes its intent, sends, gives its place back and caches the answer', async () => {
    const { result, told } = await play({});
    assert.deepEqual(result, { kind: 'answer', answer, replayed: false });
    assert.deepEqual(told, [
      ...['claims true f1', 'granted redis', 'begins true MTN', 'dispatches', 'released'],
      'completes true mine f1 {"a":1}',
    ]);
  });

  it('caches no answer that was not committed, and frees its claim', async () => {
    const { result, told } = await play({ dispatched: { ...STORED, stored: false } });
    assert.deepEqual(result, { kind: 'answer', answer, replayed: false });
    assert.deepEqual(told.slice(-2), ['released', 'releases true mine']);
  });

  it('frees its claim and its place when the dispatch ends in an error', async () => {
    const { result, told } = await play({ dispatched: new Error('defect') });
    assert.equal((result as Error).message, 'defect');
    assert.deepEqual(told.slice(-2), ['released', 'releases true mine']);
  });

  it('asks for a provider that is there', async () => {
    const { error, told } = await refusedWith({ gates: ['MTN/UG', 'AIRTEL/ZM'] });
    assert.equal(error.code, 'provider-unknown');
    assert.equal(error.message, 'No such provider is configured.');
    assert.deepEqual(told, []);
  });
});

describe('a request whose key Redis knows', () => {
  it('IDM-6 gets the cached answer, and nothing is read or sent', async () => {
    const { result, told } = await play({ claim: { kind: 'answered', fingerprint: 'f1', answer } });
    assert.deepEqual(result, replay);
    assert.deepEqual(told, ['claims true f1', 'replayed redis']);
  });

  it('IDM-4 is refused when the content is another', async () => {
    const { error, told } = await refusedWith({
      claim: { kind: 'answered', fingerprint: 'f2', answer },
    });
    assert.deepEqual([error.code, error.paymentId], ['idempotency-key-reused', 'pay_1']);
    assert.match(error.message, /used with other content/);
    assert.deepEqual(told, ['claims true f1', 'mismatch redis']);
  });

  it('IDM-5 that somebody else claims is decided by its row, which it never frees', async () => {
    const { error, told } = await refusedWith({
      claim: { kind: 'held' },
      rows: [rowAs({ leaseLive: true, attemptOutcome: null })],
    });
    assert.equal(error.code, 'payment-in-progress');
    assert.deepEqual(told, ['claims true f1', 'held redis', 'reads acme true']);
  });

  it('RED-2 goes on with the row when Redis does not answer, and caches without a token', async () => {
    const { result, told } = await play({
      claim: { kind: 'unavailable' },
      rows: [rowAs({ answer })],
    });
    assert.deepEqual(result, replay);
    assert.deepEqual(told, [
      ...['claims true f1', 'unavailable redis', 'reads acme true', 'replayed postgres'],
      'completes true null f1 {"a":1}',
    ]);
  });

  it('begins as a new one when neither Redis nor the row holds it', async () => {
    const { told } = await play({ claim: { kind: 'held' }, rows: [null] });
    assert.ok(told.includes('begins true MTN') && sends(told));
  });
});

describe('a request whose key has a row', () => {
  const lost = (row: KeyRow, more: Scene = {}): Scene => ({
    ...{ claim: { kind: 'held' }, rows: [row], ...more },
  });

  it('IDM-4 is refused when the content is another, whatever the row says', async () => {
    for (const row of [rowAs({ answer }), rowAs({ pruned: true }), rowAs({ leaseLive: true })]) {
      const { error, told } = await refusedWith(lost({ ...row, fingerprint: 'f2' }));
      assert.deepEqual([error.code, error.paymentId], ['idempotency-key-reused', 'pay_1']);
      assert.ok(told.includes('mismatch postgres'));
    }
  });

  it('IDM-12 whose answer was pruned never charges again, and names the payment', async () => {
    const { error, told } = await refusedWith(lost(rowAs({ pruned: true })));
    assert.deepEqual(
      [error.code, error.retry, error.paymentId],
      ['idempotency-key-expired', 'never', 'pay_1'],
    );
    assert.match(error.message, /pruned; read the payment instead/);
    assert.ok(!sends(told));
  });

  it('waits a second for a dispatch under way, five for an outcome that nobody knows', async () => {
    const live = rowAs({ leaseLive: true });
    const open = [
      rowAs({ attemptOutcome: null }),
      rowAs({ attemptOutcome: 'unknown' }),
      rowAs({ status: 'UNKNOWN' }),
    ];
    for (const [row, seconds] of [[live, 1] as const, ...open.map((one) => [one, 5] as const)]) {
      const { error, told } = await refusedWith(lost(row));
      assert.deepEqual(
        [error.code, error.retryAfterSeconds, error.paymentId],
        ['payment-in-progress', seconds, 'pay_1'],
      );
      assert.match(error.message, /under way, or its outcome is not known yet/);
      assert.ok(!sends(told));
    }
  });

  it('IDM-9 of which nothing was taken is driven again', async () => {
    const { result, told } = await play(lost(rowAs()));
    assert.deepEqual(result, { kind: 'answer', answer, replayed: false });
    assert.ok(told.includes('begins again pay_1') && sends(told) && told.includes('released'));
  });

  it('is answered in a second when somebody was faster to drive it', async () => {
    const { error, told } = await refusedWith(lost(rowAs(), { begins: false }));
    assert.deepEqual(
      [error.code, error.retryAfterSeconds, error.paymentId],
      ['payment-in-progress', 1, 'pay_1'],
    );
    assert.equal(told.filter((text) => text.startsWith('reads')).length, 1);
    assert.ok(told.includes('released') && !sends(told));
  });

  it('RED-1 that Redis had forgotten is read after the intent met it', async () => {
    const { result, told } = await play({ begins: false, rows: [rowAs({ answer })] });
    assert.deepEqual(result, replay);
    assert.deepEqual(told, [
      ...['claims true f1', 'granted redis', 'begins true MTN', 'released', 'reads acme true'],
      ...['replayed postgres', 'completes true mine f1 {"a":1}'],
    ]);
  });

  it('that vanished in between is in progress, without a payment to name', async () => {
    const { error } = await refusedWith({ begins: false, rows: [null] });
    assert.deepEqual([error.code, error.paymentId], ['payment-in-progress', undefined]);
  });

  it('goes on where it began, and says so when that provider is gone', async () => {
    const moved = rowAs({ provider: 'AIRTEL', market: 'UG' });
    const there = await play(lost(moved, { gates: ['MTN/ZM', 'AIRTEL/UG'] }));
    assert.ok(sends(there.told));
    for (const scene of [lost(moved), { begins: false, rows: [moved] }]) {
      const { error } = await refusedWith(scene);
      assert.equal(error.code, 'provider-unknown');
      assert.match(error.message, /not here any more/);
    }
  });

  it('IDM-8 is a 503 for the same key when the store does not say', async () => {
    const down = new StoreUnavailable('none', new Error('cut'));
    const { error, told } = await refusedWith({ claim: { kind: 'held' }, rows: [down] });
    assert.deepEqual([error.code, error.retryAfterSeconds], ['store-unavailable', 2]);
    assert.match(error.message, /does not answer\. Nothing was sent\.$/);
    assert.equal(error.cause, down);
    assert.ok(!sends(told));
    const defect = await play({ claim: { kind: 'held' }, rows: [new Error('defect')] });
    assert.equal((defect.result as Error).message, 'defect');
  });
});

describe('a request that the gate refuses', () => {
  const closed = { refusesCharges: true, refusal: REFUSAL };

  it('BRK-7 claims nothing, and says when to come back', async () => {
    const { error, told } = await refusedWith(closed);
    assert.deepEqual(
      [error.code, error.retryAfterSeconds, error.provider],
      ['provider-unavailable', 7, 'MTN'],
    );
    assert.match(error.message, /does not answer at present\. This request sent nothing/);
    assert.deepEqual(told, ['looks true']);
  });

  it('tells a full provider from one that is away', async () => {
    const full: Refusal = { ...REFUSAL, code: 'provider-saturated' };
    const { error, told } = await refusedWith({ full });
    assert.deepEqual([error.code, error.retryAfterSeconds], ['provider-saturated', 7]);
    assert.match(error.message, /Too many payments wait/);
    assert.deepEqual(told, ['claims true f1', 'granted redis', 'releases true mine']);
  });

  it('is replayed all the same when its key has an answer', async () => {
    const cached = await play({ ...closed, look: { kind: 'answered', fingerprint: 'f1', answer } });
    assert.deepEqual(cached.result, replay);
    const stored = await play({ ...closed, look: { kind: 'held' }, rows: [rowAs({ answer })] });
    assert.deepEqual(stored.result, replay);
    assert.ok(![...cached.told, ...stored.told].includes('claims true f1'));
  });

  it('claims after all when the breaker has closed meanwhile', async () => {
    const { told } = await play({ ...closed, refusal: null });
    assert.deepEqual(told.slice(0, 3), ['looks true', 'claims true f1', 'granted redis']);
    assert.ok(sends(told));
  });

  const wide = { ...command, failover: ['GONE', 'AIRTEL'] } as PayCommand;
  const gates = ['MTN/ZM', 'AIRTEL/ZM'];

  it('AMB-2 begins at the next provider that is there, without a look at first', async () => {
    const { told } = await play({ ...closed, gates, open: ['AIRTEL'] }, wide);
    assert.deepEqual(told.slice(0, 3), ['claims true f1', 'granted redis', 'begins true AIRTEL']);
  });

  it('AMB-2 begins at the next provider also when that one is back only now', async () => {
    const { told } = await play({ ...closed, gates, closed: ['AIRTEL'] }, wide);
    assert.deepEqual(told.slice(0, 2), ['looks true', 'claims true f1']);
    assert.ok(told.includes('begins true AIRTEL'));
  });
});
