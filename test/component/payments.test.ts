import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { eventually } from '../support/eventually.ts';
import { MTN_WALLET, newKey, type Rig, SHORT_TIMINGS, startRig } from '../support/gateway-rig.ts';
import type { Answer } from '../support/simulators.ts';

describe('a payment', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig({ apis: 2, env: SHORT_TIMINGS });
  });
  after(async () => {
    await rig[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await rig.control.clear();
  });

  const settled = (answer: Answer, status: string) =>
    eventually(async () => {
      const { json } = await rig.get(`/v1/payments/${answer.json.id ?? answer.json.paymentId}`);
      assert.equal(json.status, status);
      return json;
    });
  const chargesOf = async (answer: Answer) => {
    const reference = answer.json.attempts[0].providerReference;
    return (await rig.control.charges()).filter((charge) => charge.reference === reference);
  };

  for (const [provider, msisdn] of [
    ['MTN', MTN_WALLET],
    ['AIRTEL', '+260971234567'],
  ] as const) {
    it(`through ${provider} is accepted, settled by the provider's word and posted`, async () => {
      const answer = await rig.pay({ body: { payer: { msisdn }, reference: 'order-1' } });
      assert.equal(answer.status, 202);
      assert.equal(answer.json.provider, provider);
      assert.equal(answer.headers.get('location'), `/v1/payments/${answer.json.id}`);
      assert.equal(answer.headers.get('idempotent-replayed'), null);
      const payment = await settled(answer, 'SUCCEEDED');
      assert.equal(payment.failure, null);
      assert.deepEqual(await compareBooks(rig.database.pool), []);
    });
  }

  it('IDM-6 replays the same status and bytes, through any copy, also after it was settled', async () => {
    const key = newKey();
    const first = await rig.pay({ key });
    await settled(first, 'SUCCEEDED');
    for (const api of [0, 1]) {
      const again = await rig.pay({ key, api });
      assert.deepEqual([again.status, again.text], [first.status, first.text]);
      assert.equal(again.headers.get('idempotent-replayed'), 'true');
      assert.notEqual(again.headers.get('x-request-id'), first.headers.get('x-request-id'));
    }
    assert.equal((await chargesOf(first))[0]?.requests, 1);
  });

  it('IDM-4 takes the same content however it is written, and refuses other content', async () => {
    const key = newKey();
    const first = await rig.pay({ key, body: { amount: '20.00' } });
    const same = await rig.pay({ key, body: { amount: '20' } });
    assert.equal(same.text, first.text);
    for (const body of [
      { amount: '21.00' },
      { currency: 'ZAR' },
      { payer: { msisdn: MTN_WALLET } },
    ]) {
      const other = await rig.pay({ key, body });
      assert.deepEqual([other.status, other.json.code], [422, 'idempotency-key-reused']);
      assert.equal(other.json.paymentId, first.json.id);
    }
  });

  it('IDM-3 keeps merchants apart: the same key is another payment', async () => {
    const key = newKey();
    const first = await rig.pay({ key });
    const stranger = await rig.newMerchant();
    const headers = { authorization: `Bearer ${stranger.key}` };
    const other = await rig.pay({ key, headers });
    assert.equal(other.status, 202);
    assert.notEqual(other.json.id, first.json.id);
    const foreign = await fetch(`${rig.url()}/v1/payments/${first.json.id}`, { headers });
    assert.equal(foreign.status, 404);
  });

  it('that is declined for good is 402, FAILED, and replays', async () => {
    const key = newKey();
    const msisdn = '+260970000008';
    const answer = await rig.pay({ key, body: { payer: { msisdn } } });
    assert.deepEqual([answer.status, answer.json.code], [402, 'payment-declined']);
    assert.equal(answer.json.failure.code, 'payer-not-allowed');
    const again = await rig.pay({ key, body: { payer: { msisdn } } });
    assert.equal(again.text, answer.text);
    await settled(answer, 'FAILED');
  });

  it('refused in words is 502, and its key drives it again to one charge', async () => {
    const refuse = { provider: 'AIRTEL', operation: 'charge', fault: 'refuse', times: 1 };
    await rig.control.faults(refuse);
    const key = newKey();
    const refused = await rig.pay({ key });
    assert.deepEqual([refused.status, refused.json.code], [502, 'provider-refused']);
    assert.equal(refused.json.retry, 'same-key');
    const again = await rig.pay({ key });
    assert.equal(again.status, 202);
    assert.equal(again.json.id, refused.json.paymentId);
    assert.equal(again.json.attempts.length, 1);
    await settled(again, 'SUCCEEDED');
    assert.equal((await chargesOf(again)).length, 1);
  });

  it('whose answer was lost is 202 UNKNOWN, replays, and ends SUCCEEDED with one charge', async () => {
    const lost = { provider: 'AIRTEL', operation: 'charge', fault: 'timeout-after', times: 1 };
    await rig.control.faults(lost);
    const key = newKey();
    const answer = await rig.pay({ key });
    assert.deepEqual([answer.status, answer.json.status], [202, 'UNKNOWN']);
    for (let i = 0; i < 10; i += 1) assert.equal((await rig.pay({ key })).text, answer.text);
    await settled(answer, 'SUCCEEDED');
    const [charge] = await chargesOf(answer);
    assert.equal(charge?.requests, 1);
  });

  it('AMB-4 that the provider never saw ends FAILED as not-taken, and its key still replays', async () => {
    const vanish = { provider: 'AIRTEL', operation: 'charge', fault: 'http-500', times: 1 };
    await rig.control.faults(vanish);
    const key = newKey();
    const answer = await rig.pay({ key });
    assert.deepEqual([answer.status, answer.json.status], [202, 'UNKNOWN']);
    const payment = await eventually(
      async () => {
        const { json } = await rig.get(`/v1/payments/${answer.json.id}`);
        assert.equal(json.status, 'FAILED');
        return json;
      },
      { timeoutMs: 40_000, everyMs: 200 },
    );
    assert.equal(payment.failure.code, 'not-taken');
    assert.equal((await rig.pay({ key })).text, answer.text);
  });

  it('IDM-5 of 100 identical requests at two copies is charged once; the rest are 409 or a replay', async () => {
    for (let round = 0; round < 10; round += 1) {
      const key = newKey();
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => rig.pay({ key, api: i % 2 })),
      );
      const accepted = answers.filter(({ status }) => status === 202);
      assert.ok(answers.every(({ status }) => status === 202 || status === 409));
      assert.equal(new Set(accepted.map(({ text }) => text)).size, 1);
      const fresh = accepted.filter(({ headers }) => headers.get('idempotent-replayed') === null);
      assert.equal(fresh.length, 1);
      const charges = await chargesOf(accepted[0] as Answer);
      assert.deepEqual(
        charges.map(({ requests }) => requests),
        [1],
      );
    }
  });
});
