/** A callback is a hint to ask the provider: whenever it comes, whoever sent it, whatever it says. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { makeReferenceKeys } from '../../src/adapters/crypto/reference-keys.ts';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { DEMO_CREDENTIALS, DEMO_SECRETS } from '../../src/config/demo-values.ts';
import { callbackToken } from '../../src/usecases/take-callback.ts';
import { eventually } from '../support/eventually.ts';
import {
  AIRTEL_WALLET,
  MTN_WALLET,
  newKey,
  type Rig,
  SHORT_TIMINGS,
  startRig,
} from '../support/gateway-rig.ts';
import type { Answer } from '../support/simulators.ts';

const WALLETS = { AIRTEL: AIRTEL_WALLET, MTN: MTN_WALLET } as const;
type Provider = keyof typeof WALLETS;
const NAMES = Object.keys(WALLETS) as Provider[];

const references = makeReferenceKeys(Buffer.from(DEMO_SECRETS.REFERENCE_SECRET));

interface Callback {
  path: string;
  init: RequestInit;
}

function mtnCallback(paymentId: string, status: string): Callback {
  const body = JSON.stringify({ externalId: 'x', status });
  const path = `/callbacks/mtn/${callbackToken(references, paymentId)}`;
  return { path, init: { method: 'PUT', body } };
}

/** Signed as Airtel does it, unless it is given another key. */
function airtelCallback(
  reference: string,
  status_code: string,
  key = DEMO_CREDENTIALS.AIRTEL_CALLBACK_KEY as string,
): Callback {
  const payload = { transaction: { id: reference, message: 'm', status_code } };
  const hash = createHmac('sha256', key).update(JSON.stringify(payload)).digest('base64');
  const body = JSON.stringify({ ...payload, hash });
  return { path: '/callbacks/airtel', init: { method: 'POST', body } };
}

describe('a callback', () => {
  const owned = new AsyncDisposableStack();
  let rig: Rig;

  before(async () => {
    // Nobody asks about an accepted payment for a minute, unless a callback makes somebody ask.
    const env = { ...SHORT_TIMINGS, FIRST_STATUS_QUERY_MS: '60000', SIM_SETTLE_MS: '200' };
    rig = owned.use(await startRig({ env }));
  });
  after(() => owned.disposeAsync());
  afterEach(async () => {
    await rig.control.clear();
    assert.deepEqual(await compareBooks(rig.database.pool), []);
  });

  const pay = (provider: Provider) =>
    rig.pay({ key: newKey(), body: { payer: { msisdn: WALLETS[provider] } } });
  const send = ({ path, init }: Callback) => rig.send(path, init);
  const callbackOf = (provider: Provider, { json }: Answer, claim: 'success' | 'failure') =>
    provider === 'MTN'
      ? mtnCallback(json.id, claim === 'success' ? 'SUCCESSFUL' : 'FAILED')
      : airtelCallback(json.attempts[0].providerReference, claim === 'success' ? 'TS' : 'TF');

  async function discrepancies({ json }: Answer): Promise<string[]> {
    const text = 'select kind from discrepancies where payment_id = $1';
    const { rows } = await rig.database.pool.query<{ kind: string }>(text, [json.id]);
    return rows.map(({ kind }) => kind);
  }

  const rowOf = async ({ json }: Answer) => {
    const text = 'select fence, next_check_at from payments where id = $1';
    return (await rig.database.pool.query(text, [json.id])).rows[0];
  };

  /** Somebody takes the fence to ask the provider, although nothing may change. */
  async function followed(answer: Answer, hint: () => Promise<void>): Promise<void> {
    const before = await rowOf(answer);
    await hint();
    await eventually(async () => assert.ok((await rowOf(answer)).fence > before.fence));
  }

  for (const provider of NAMES) {
    for (const [fault, more] of Object.entries({
      usual: null,
      early: {},
      twice: {},
      late: { delayMs: 600 },
      forged: {},
      'out-of-order': {},
    })) {
      it(`AMB-8 of ${provider} that is ${fault} ends the payment by the provider's word`, async () => {
        if (more) {
          await rig.control.faults({ provider, operation: 'callback', fault, times: 1, ...more });
        }
        const answer = await pay(provider);
        assert.deepEqual([answer.status, answer.json.status], [202, 'ACCEPTED']);
        await rig.settled(answer, 'SUCCEEDED');
        assert.deepEqual(await discrepancies(answer), []);
      });
    }

    it(`AMB-9 of ${provider} that lies about a pending payment changes nothing`, async () => {
      await rig.control.faults({ provider, operation: 'callback', fault: 'none' });
      const body = { payer: { msisdn: provider === 'MTN' ? '+260960000006' : '+260970000006' } };
      const answer = await rig.pay({ body });
      for (const claim of ['success', 'failure'] as const) {
        await followed(answer, async () => {
          assert.equal((await send(callbackOf(provider, answer, claim))).status, 200);
        });
      }
      await rig.settled(answer, 'ACCEPTED');
    });

    it(`of ${provider} that never comes leaves the payment to the status queries`, async () => {
      await rig.control.faults({ provider, operation: 'callback', fault: 'none' });
      const answer = await pay(provider);
      const other = await pay(provider);
      assert.equal((await send(callbackOf(provider, other, 'success'))).status, 200);
      await rig.settled(other, 'SUCCEEDED');
      await rig.settled(answer, 'ACCEPTED');
    });

    it(`AMB-8 of ${provider} that contradicts SUCCEEDED is checked, and changes nothing`, async () => {
      const answer = await pay(provider);
      const { updatedAt } = await rig.settled(answer, 'SUCCEEDED');
      await followed(answer, async () => {
        assert.equal((await send(callbackOf(provider, answer, 'failure'))).status, 200);
      });
      assert.equal((await rig.settled(answer, 'SUCCEEDED')).updatedAt, updatedAt);
      assert.deepEqual(await discrepancies(answer), []);
    });
  }

  for (const provider of NAMES) {
    it(`of ${provider} that comes once more after the end is heard like the first`, async () => {
      const answer = await pay(provider);
      await rig.settled(answer, 'SUCCEEDED');
      assert.equal((await send(callbackOf(provider, answer, 'success'))).status, 200);
    });
  }

  it('never makes anybody ask later than without it, however many come', async () => {
    const answer = await rig.pay({ body: { payer: { msisdn: '+260970000006' } } });
    const hint = async () => {
      assert.equal((await send(callbackOf('AIRTEL', answer, 'success'))).status, 200);
    };
    await followed(answer, hint);
    await hint();
    const due = await rowOf(answer);
    await hint();
    await hint();
    const now = await rowOf(answer);
    // Unless it was asked meanwhile. Sooner may be what a query that was under way has written since.
    if (now.fence === due.fence) assert.ok(now.next_check_at <= due.next_check_at);
  });

  it('AMB-6 of success for a payment that is FAILED opens a discrepancy, and flips nothing', async () => {
    // The provider takes the charges, loses the answers, and for long does not list them.
    await rig.control.faults(
      ...NAMES.flatMap((provider) => [
        { provider, operation: 'charge', fault: 'timeout-after' },
        { provider, operation: 'status', fault: 'listed-late', delayMs: 60_000 },
        { provider, operation: 'callback', fault: 'none' },
      ]),
    );
    const payments = await Promise.all(
      NAMES.map(async (provider) => ({ provider, answer: await pay(provider) })),
    );
    for (const { provider, answer } of payments) {
      assert.equal(answer.json.status, 'UNKNOWN');
      await send(callbackOf(provider, answer, 'success'));
    }
    for (const { answer } of payments) {
      assert.equal((await rig.settled(answer, 'FAILED', 20_000)).failure.code, 'not-taken');
    }
    await rig.control.clear();
    for (const { provider, answer } of payments) {
      assert.equal((await send(callbackOf(provider, answer, 'success'))).status, 200);
      await eventually(async () =>
        assert.deepEqual(await discrepancies(answer), ['succeeded-after-failed']),
      );
      await rig.settled(answer, 'FAILED');
      assert.equal((await send(callbackOf(provider, answer, 'success'))).status, 200);
    }
    assert.equal((await rig.chargesOf(payments[0]?.answer as Answer)).length, 1);
  });

  it('that nobody sent for us is 404, or 403 where it should be signed and is not', async () => {
    const { json } = await pay('AIRTEL');
    const reference: string = json.attempts[0].providerReference;
    const token = callbackToken(references, json.id);
    const put = (path: string, body = '{"status":"SUCCESSFUL"}') => ({
      path,
      init: { method: 'PUT', body },
    });
    const cases: [name: string, callback: Callback, status: number, code: string][] = [
      ['no token of ours', put('/callbacks/mtn/nonsense'), 404, 'not-found'],
      ['a changed token', put(`/callbacks/mtn/${token.slice(0, -1)}~`), 404, 'not-found'],
      ['a token without its proof', put(`/callbacks/mtn/${json.id.slice(4)}`), 404, 'not-found'],
      ['a payment that is none', mtnCallback(`pay_${'0'.repeat(32)}`, 'FAILED'), 404, 'not-found'],
      ['no JSON', put(`/callbacks/mtn/${token}`, 'x'), 403, 'forbidden'],
      ['a reference that is none', airtelCallback('0'.repeat(25), 'TS'), 404, 'not-found'],
      ['a wrong key', airtelCallback(reference, 'TS', 'not the key'), 403, 'forbidden'],
      ['no hash', { path: '/callbacks/airtel', init: unsigned(reference) }, 403, 'forbidden'],
      ['too much', put(`/callbacks/mtn/${token}`, ' '.repeat(9_000)), 413, 'body-too-large'],
    ];
    for (const [name, callback, status, code] of cases) {
      const answer = await send(callback);
      assert.deepEqual([answer.status, answer.json.code], [status, code], name);
    }
    const wrongMethod = await rig.send('/callbacks/airtel', { method: 'PUT', body: '{}' });
    assert.deepEqual([wrongMethod.status, wrongMethod.headers.get('allow')], [405, 'POST']);
  });

  const unsigned = (reference: string): RequestInit => ({
    method: 'POST',
    body: JSON.stringify({ transaction: { id: reference, status_code: 'TS' } }),
  });
});
