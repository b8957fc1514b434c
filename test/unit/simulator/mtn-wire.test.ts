import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { makeMtnWire } from '../../../providers/mtn/simulator.ts';
import { MTN_CREDENTIALS } from '../../support/simulators.ts';
import { jsonOf, takenCharge, wireRig } from './wire-rig.ts';

const CHARGE = '/collection/v1_0/requesttopay';
const KEY = { 'ocp-apim-subscription-key': MTN_CREDENTIALS.subscriptionKey };
const basic = (user: string, key: string) => `Basic ${btoa(`${user}:${key}`)}`;
const BASIC = basic(MTN_CREDENTIALS.apiUser, MTN_CREDENTIALS.apiKey);
const BODY = {
  amount: '5.0',
  currency: 'EUR',
  externalId: '6353636',
  payer: { partyIdType: 'MSISDN', partyId: '256774290781' },
  payerMessage: 'Two chairs',
  payeeNote: '',
};

function rig() {
  const base = wireRig((tokens) => makeMtnWire(MTN_CREDENTIALS, tokens));
  const token = base.answer('POST', '/collection/token/', { ...KEY, authorization: BASIC });
  const { access_token: bearer } = token.json as { access_token: string };
  const product = {
    ...KEY,
    authorization: `Bearer ${bearer}`,
    'x-target-environment': MTN_CREDENTIALS.targetEnvironment,
  };
  const charge = { ...product, 'x-reference-id': randomUUID() };
  return { ...base, token, product, charge };
}

describe('MTN token', () => {
  it('is granted with its lifetime as a number', () => {
    const { token } = rig();
    assert.equal(token.status, 200);
    const { token_type, expires_in } = token.json as Record<string, unknown>;
    assert.deepEqual([token_type, expires_in], ['access_token', 3_600]);
  });

  it('is refused with a body, 400, and with bad credentials, 401', () => {
    const { answer } = rig();
    const path = '/collection/token/';
    assert.equal(answer('POST', path, { ...KEY, authorization: BASIC }, '{}').status, 400);
    const bad = { ...KEY, authorization: basic(MTN_CREDENTIALS.apiUser, 'wrong') };
    const refused = answer('POST', path, bad);
    assert.deepEqual([refused.status, refused.json], [401, { error: 'login_failed' }]);
  });

  it('expires after its lifetime', () => {
    const { clock, answer, product } = rig();
    const balance = () => answer('GET', '/collection/v1_0/account/balance', product).status;
    clock.nowMs += 3_599_999;
    assert.equal(balance(), 200);
    clock.nowMs += 1;
    assert.equal(balance(), 401);
  });

  it('of another secret is no token', () => {
    const { answer, product } = rig();
    const forged = { ...product, authorization: `${product.authorization.slice(0, -4)}AAAA` };
    assert.equal(answer('GET', '/collection/v1_0/account/balance', forged).status, 401);
  });
});

describe('MTN provisioning', () => {
  it('makes a user and its key, which then get a token', () => {
    const { answer } = rig();
    const id = randomUUID();
    const headers = { ...KEY, 'x-reference-id': id };
    const host = { providerCallbackHost: 'clinic.com' };
    assert.equal(answer('POST', '/v1_0/apiuser', headers, host).status, 201);
    assert.equal(answer('POST', '/v1_0/apiuser', headers, host).status, 409);
    assert.deepEqual(answer('GET', `/v1_0/apiuser/${id}`, KEY).json, {
      providerCallbackHost: 'clinic.com',
      targetEnvironment: 'sandbox',
    });
    const made = answer('POST', `/v1_0/apiuser/${id}/apikey`, KEY);
    assert.equal(made.status, 201);
    const { apiKey } = made.json as { apiKey: string };
    const token = { ...KEY, authorization: basic(id, apiKey) };
    assert.equal(answer('POST', '/collection/token/', token).status, 200);
  });

  it('binds the callbacks of such a user to its host', () => {
    const { answer, read, product } = rig();
    const id = randomUUID();
    answer(
      'POST',
      '/v1_0/apiuser',
      { ...KEY, 'x-reference-id': id },
      { providerCallbackHost: 'clinic.com' },
    );
    const { apiKey } = answer('POST', `/v1_0/apiuser/${id}/apikey`, KEY).json as { apiKey: string };
    const granted = answer('POST', '/collection/token/', {
      ...KEY,
      authorization: basic(id, apiKey),
    });
    const { access_token } = granted.json as { access_token: string };
    const post = (url: string) =>
      read(
        'POST',
        CHARGE,
        {
          ...product,
          authorization: `Bearer ${access_token}`,
          'x-reference-id': randomUUID(),
          'x-callback-url': url,
        },
        BODY,
      );
    assert.equal(post('http://clinic.com/paid').kind, 'charge');
    const refused = post('http://other.com/paid');
    assert.match(JSON.stringify(refused), /INVALID_CALLBACK_URL_HOST/);
  });
});

describe('MTN requesttopay', () => {
  it('reads the order as the merchant meant it', () => {
    const { order, charge } = rig();
    assert.deepEqual(order('POST', CHARGE, { ...charge, 'x-callback-url': 'http://a.b/c' }, BODY), {
      reference: charge['x-reference-id'],
      externalId: '6353636',
      msisdn: '+256774290781',
      amount: '5.00',
      currency: 'EUR',
      callbackUrl: 'http://a.b/c',
      details: { payerMessage: 'Two chairs', payeeNote: '' },
    });
  });

  const HEADERS: [string, Record<string, string | undefined>, number][] = [
    ['no subscription key', { 'ocp-apim-subscription-key': undefined }, 401],
    ['a wrong subscription key', { 'ocp-apim-subscription-key': 'wrong' }, 401],
    ['no token', { authorization: undefined }, 401],
    ['a token that is none', { authorization: 'Bearer x.y.z' }, 401],
    ['no target environment', { 'x-target-environment': undefined }, 400],
    ['the environment "production"', { 'x-target-environment': 'production' }, 500],
    ['no reference', { 'x-reference-id': undefined }, 400],
    ['a reference that is no UUID', { 'x-reference-id': 'order-17' }, 400],
    ['a UUID v7', { 'x-reference-id': '019a9f2e-8a2b-7c3d-9e4f-5a6b7c8d9e0f' }, 400],
    ['an empty callback URL', { 'x-callback-url': '' }, 400],
  ];
  for (const [what, headers, status] of HEADERS) {
    it(`answers ${status} to ${what}`, () => {
      const { answer, charge } = rig();
      assert.equal(answer('POST', CHARGE, { ...charge, ...headers }, BODY).status, status);
    });
  }

  const BODIES: [string, object | string, number][] = [
    ['no JSON', '{', 400],
    ['a number for the amount', { ...BODY, amount: 5 }, 400],
    ['a negative amount', { ...BODY, amount: '-5' }, 400],
    ['too many decimals', { ...BODY, amount: '5.001' }, 400],
    ['a number with a plus', { ...BODY, payer: { ...BODY.payer, partyId: '+25677429' } }, 400],
    ['another kind of party', { ...BODY, payer: { partyIdType: 'CARD', partyId: '4111' } }, 400],
    ['no payer', { ...BODY, payer: undefined }, 400],
    ['an apostrophe', { ...BODY, payerMessage: "the payer's chairs" }, 400],
    ['an accent', { ...BODY, payeeNote: 'caf\u00e9' }, 400],
    ['more than 160 characters', { ...BODY, payerMessage: 'a'.repeat(161) }, 400],
    ['an unknown currency', { ...BODY, currency: 'XXX' }, 500],
  ];
  for (const [what, body, status] of BODIES) {
    it(`answers ${status} to ${what}, and counts the POST`, () => {
      const { read, charge } = rig();
      const reading = read('POST', CHARGE, charge, body);
      assert.ok(reading.kind === 'answer');
      assert.equal(reading.answer.status, status);
      assert.equal(reading.postedReference, charge['x-reference-id']);
    });
  }

  it('accepts with 202 and no body, and refuses a reference the second time with 409', () => {
    const { wire } = rig();
    assert.deepEqual(wire.taken(takenCharge()), {
      status: 202,
      headers: { 'content-length': '0' },
      body: '',
    });
    const duplicate = wire.duplicate(takenCharge());
    assert.deepEqual([duplicate.status, jsonOf(duplicate).code], [409, 'RESOURCE_ALREADY_EXIST']);
  });
});

describe('MTN status', () => {
  it('writes amounts short, and the transaction id once it has succeeded', () => {
    const { wire } = rig();
    const pending = jsonOf(wire.status(takenCharge(), 'PENDING'));
    assert.deepEqual([pending.amount, pending.status], ['20', 'PENDING']);
    assert.equal('financialTransactionId' in pending, false);
    const paid = jsonOf(wire.status(takenCharge({ amount: '20.50' }), 'SUCCEEDED'));
    assert.deepEqual([paid.amount, paid.status], ['20.5', 'SUCCESSFUL']);
    assert.match(paid.financialTransactionId, /^\d+$/);
    assert.equal(jsonOf(wire.status(takenCharge({ amount: '500' }), 'PENDING')).amount, '500');
  });

  it('gives the reason as a string or as an object, always the same for one reference', () => {
    const { wire } = rig();
    const shapes = new Set<string>();
    for (let index = 0; index < 32; index += 1) {
      const failed = takenCharge({ reference: randomUUID(), failureCode: 'EXPIRED' });
      const answer = wire.status(failed, 'FAILED');
      assert.equal(answer.status, 200);
      assert.deepEqual(wire.status(failed, 'FAILED'), answer);
      const { reason } = jsonOf(answer);
      assert.equal(reason.code ?? reason, 'EXPIRED');
      shapes.add(typeof reason);
    }
    assert.deepEqual([...shapes].sort(), ['object', 'string']);
  });

  it('of an unknown reference is 404', () => {
    const { wire, read, product } = rig();
    const reading = read('GET', `${CHARGE}/abc`, product);
    assert.deepEqual(reading, { kind: 'status', reference: 'abc' });
    const missing = wire.notFound();
    assert.deepEqual([missing.status, jsonOf(missing).code], [404, 'RESOURCE_NOT_FOUND']);
  });
});

describe('MTN sandbox', () => {
  it('knows the magic numbers and no others', () => {
    const { wire } = rig();
    assert.deepEqual(wire.fateOf('+46733123451'), { kind: 'fails', code: 'APPROVAL_REJECTED' });
    assert.deepEqual(wire.fateOf('+46733123453'), { kind: 'succeeds', afterMs: 30_000 });
    assert.deepEqual(wire.fateOf('+46733123454'), { kind: 'stays-pending' });
    assert.equal(wire.fateOf('+46733123465'), undefined);
  });

  it('answers balance and account holder', () => {
    const { answer, product } = rig();
    const get = (path: string) => answer('GET', `/collection/v1_0/${path}`, product);
    assert.deepEqual(get('account/balance').json, { availableBalance: '2000', currency: 'ZMW' });
    const { currency } = get('account/balance/EUR').json as { currency: string };
    assert.equal(currency, 'EUR');
    const active = (id: string) => get(`accountholder/msisdn/${id}/active`);
    assert.deepEqual(active('260961234567').json, { result: true });
    assert.deepEqual(active('46733123451').json, { result: false });
    assert.equal(active('46733123450').status, 404);
    assert.equal(get('accountholder/msisdn').status, 404);
  });
});
