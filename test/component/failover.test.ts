/** AMB-2 over HTTP: when the wallet's own provider cannot be reached, the other one, and in no other case. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { freePort } from '../../scripts/servers/ports.ts';
import { makeReferenceKeys } from '../../src/adapters/crypto/reference-keys.ts';
import { compareBooks, readCharges } from '../../src/adapters/postgres/books.ts';
import type { RunningRole } from '../../src/composition/process.ts';
import { DEMO_SECRETS } from '../../src/config/demo-values.ts';
import type { Attempt } from '../../src/domain/payment.ts';
import { compareCharges, type TakenCharge } from '../../src/usecases/compare-charges.ts';
import { callbackToken } from '../../src/usecases/take-callback.ts';
import { MTN_WALLET, newKey, type Rig, SHORT_TIMINGS, startRig } from '../support/gateway-rig.ts';
import type { Answer } from '../support/simulators.ts';

const FAILOVER = 'MTN>AIRTEL,AIRTEL>MTN';
const references = makeReferenceKeys(Buffer.from(DEMO_SECRETS.REFERENCE_SECRET));

/** Not even for a token: with one in hand it is `connect-refused`. */
const NOT_REACHED = 'token-connect-refused';

interface Fact {
  kind: string;
  provider?: string;
  providerReference?: string;
  reason?: string;
}

describe('AMB-2 a payment that another provider can take', () => {
  const owned = new AsyncDisposableStack();
  let rig: Rig;
  /** A copy for which MTN refuses every connection. */
  let cut: RunningRole;
  /** The same, with a breaker that opens soon. */
  let quick: RunningRole;

  before(async () => {
    rig = owned.use(await startRig({ env: { ...SHORT_TIMINGS, FAILOVER } }));
    const MTN_BASE_URL = `http://127.0.0.1:${await freePort()}/mtn`;
    cut = await rig.startApi({ MTN_BASE_URL });
    quick = await rig.startApi({ MTN_BASE_URL, BREAKER_VOLUME: '3' });
  });
  after(() => owned.disposeAsync());
  afterEach(async () => {
    const { pool } = rig.database;
    assert.deepEqual(await compareBooks(pool), []);
    const charges = (await rig.control.charges()) as TakenCharge[];
    assert.deepEqual(compareCharges(charges, await readCharges(pool)), []);
    await rig.control.clear();
  });

  const pay = (api: RunningRole | 0, key = newKey(), more = {}) =>
    rig.pay({ key, api, body: { payer: { msisdn: MTN_WALLET }, ...more } });
  const tried = ({ json }: Answer) =>
    json.attempts.map((one: Attempt) => [one.provider, one.outcome, one.reason]);
  const readAgain = ({ json }: Answer) => rig.get(`/v1/payments/${json.id ?? json.paymentId}`);
  const factsOf = async (answer: Answer): Promise<Fact[]> => {
    const { json } = await rig.get(
      `/v1/payments/${answer.json.id ?? answer.json.paymentId}/timeline`,
    );
    return json.links.flatMap(({ facts }: { facts: Fact[] }) => facts);
  };
  const eventsOf = async ({ json }: Answer) => {
    const text = `select value::jsonb->'data' as data from outbox
      where value::jsonb->>'subject' = $1 and topic = 'payments.events' order by id`;
    const { rows } = await rig.database.pool.query(text, [json.id]);
    return rows.map(({ data }) => [data.status, data.provider]);
  };

  it('goes there when its own refuses the connection: 202, one charge, one story', async () => {
    const key = newKey();
    const answer = await pay(cut, key);
    assert.deepEqual([answer.status, answer.json.provider], [202, 'AIRTEL'], answer.text);
    assert.deepEqual(tried(answer), [
      ['MTN', 'not_taken', NOT_REACHED],
      ['AIRTEL', 'accepted', null],
    ]);
    for (const api of [cut, 0] as const) assert.equal((await pay(api, key)).text, answer.text);
    await rig.settled(answer, 'SUCCEEDED');
    const charges = await rig.chargesOf(answer);
    assert.deepEqual(
      charges.map(({ provider, requests }) => [provider, requests]),
      [['AIRTEL', 1]],
    );
    const facts = await factsOf(answer);
    assert.deepEqual(
      facts.slice(0, 5).map(({ kind, provider }) => [kind, provider]),
      [
        ['intent', undefined],
        ['dispatch', 'MTN'],
        ['not-sent', undefined],
        ['dispatch', 'AIRTEL'],
        ['provider-answer', undefined],
      ],
    );
    assert.equal(facts[3]?.providerReference, answer.json.attempts[1].providerReference);
    assert.deepEqual(await eventsOf(answer), [
      ['ACCEPTED', 'AIRTEL'],
      ['SUCCEEDED', 'AIRTEL'],
    ]);
  });

  it('stays where it is, UNKNOWN, when its own does not answer in time', async () => {
    await rig.control.faults({
      provider: 'MTN',
      operation: 'charge',
      fault: 'timeout-after',
      times: 1,
    });
    const answer = await pay(0);
    assert.deepEqual([answer.status, answer.json.status], [202, 'UNKNOWN']);
    assert.deepEqual(tried(answer), [['MTN', 'unknown', answer.json.attempts[0].reason]]);
    await rig.settled(answer, 'SUCCEEDED');
    const charges = await rig.chargesOf(answer);
    assert.deepEqual(
      charges.map(({ provider }) => provider),
      ['MTN'],
    );
  });

  it('is tied to a provider that refused it in words, also where that cannot be reached later', async () => {
    await rig.control.faults({ provider: 'MTN', operation: 'charge', fault: 'refuse', times: 1 });
    const key = newKey();
    const refused = await pay(0, key);
    assert.deepEqual([refused.status, refused.json.code], [502, 'provider-refused']);
    const unreached = await pay(cut, key);
    assert.deepEqual([unreached.status, unreached.json.code], [502, 'provider-unreachable']);
    assert.equal(unreached.json.provider, 'MTN');
    assert.equal((await readAgain(refused)).json.attempts.length, 1);
    const taken = await pay(0, key);
    assert.deepEqual([taken.status, taken.json.provider], [202, 'MTN']);
    await rig.settled(taken, 'SUCCEEDED');
    assert.equal((await rig.chargesOf(taken)).length, 1);
  });

  it('stays with the provider that its merchant named', async () => {
    const answer = await pay(cut, newKey(), { provider: 'MTN' });
    assert.deepEqual([answer.status, answer.json.code], [502, 'provider-unreachable']);
    assert.deepEqual(tried(await readAgain(answer)), [['MTN', 'not_taken', NOT_REACHED]]);
  });

  it('begins at the other one while the breaker of its own is open', async () => {
    for (let i = 0; i < 3; i += 1) assert.equal((await pay(quick)).json.attempts.length, 2);
    const answer = await pay(quick);
    assert.deepEqual(tried(answer), [['AIRTEL', 'accepted', null]]);
    const named = await pay(quick, newKey(), { provider: 'MTN' });
    assert.deepEqual([named.status, named.json.code], [503, 'provider-unavailable']);
  });

  it('drives on and back with its key when neither could be reached', async () => {
    const none = await rig.startApi({
      MTN_BASE_URL: `http://127.0.0.1:${await freePort()}/mtn`,
      AIRTEL_BASE_URL: `http://127.0.0.1:${await freePort()}/airtel`,
    });
    const key = newKey();
    const failed = await pay(none, key);
    assert.deepEqual([failed.status, failed.json.provider], [502, 'AIRTEL']);
    const before = (await readAgain(failed)).json;
    assert.deepEqual([before.status, before.provider], ['RECEIVED', 'AIRTEL']);
    const taken = await pay(0, key);
    assert.deepEqual([taken.status, taken.json.provider], [202, 'MTN']);
    assert.deepEqual(tried(taken), [
      ['MTN', 'accepted', null],
      ['AIRTEL', 'not_taken', NOT_REACHED],
    ]);
    const referencesOf = ({ attempts }: { attempts: Attempt[] }) =>
      attempts.map(({ providerReference }) => providerReference);
    assert.deepEqual(referencesOf(taken.json), referencesOf(before));
    await rig.settled(taken, 'SUCCEEDED');
    assert.equal((await rig.chargesOf(taken)).length, 1);
  });

  it('AMB-8 is not moved by a callback of the provider that it went on from', async () => {
    const answer = await pay(cut);
    const path = `/callbacks/mtn/${callbackToken(references, answer.json.id)}`;
    const body = JSON.stringify({ externalId: 'x', status: 'FAILED' });
    const { status } = await rig.send(path, { method: 'PUT', body });
    assert.equal(status, 200);
    const { evidence } = (await rig.settled(answer, 'SUCCEEDED')).outcome;
    const claims = evidence.filter(({ says }: { says: string }) => says === 'failed');
    assert.deepEqual(claims, []);
  });
});
