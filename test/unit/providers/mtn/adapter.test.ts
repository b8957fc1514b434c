import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spellMtnReference } from '../../../../providers/mtn/adapter.ts';
import { parseMtnCallback } from '../../../../providers/mtn/callback.ts';
import {
  buildMtnCharge,
  buildMtnStatusQuery,
  toMtnText,
} from '../../../../providers/mtn/client.ts';
import { MTN_VARIABLES, parseMtnConfig } from '../../../../providers/mtn/config.ts';
import type { ChargeRequest } from '../../../../src/domain/provider.ts';
import { PROVIDER_SPECS, REFERENCE_BYTES } from '../../../support/provider-rig.ts';

const settings = PROVIDER_SPECS[0]!.settings('https://mtn.example/');

function config() {
  const parsed = parseMtnConfig(settings);
  assert.ok(parsed.ok);
  return parsed.value;
}

const CHARGE: ChargeRequest = {
  reference: spellMtnReference(REFERENCE_BYTES),
  paymentId: 'pay_0192f0c1d2e34f5a8b9c0d1e2f3a4b5c',
  amountMinor: 2_050n,
  currency: 'ZMW',
  msisdn: '+260961234567',
  description: "Two chairs, it's nice",
  callbackUrl: 'https://pay.example/callbacks/mtn/t',
};

describe('MTN: what is sent', () => {
  test('the charge, byte for byte', () => {
    const request = buildMtnCharge(config(), CHARGE)('token');
    assert.equal(request.path, '/collection/v1_0/requesttopay');
    assert.deepEqual(request.headers, {
      authorization: 'Bearer token',
      'ocp-apim-subscription-key': 'subscription-key',
      'x-target-environment': 'mtnzambia',
      accept: 'application/json',
      'content-type': 'application/json',
      'x-reference-id': CHARGE.reference,
      'x-callback-url': 'https://pay.example/callbacks/mtn/t',
    });
    assert.deepEqual(JSON.parse(request.body ?? ''), {
      amount: '20.50',
      currency: 'ZMW',
      externalId: 'pay_0192f0c1d2e34f5a8b9c0d1e2f3a4b5c',
      payer: { partyIdType: 'MSISDN', partyId: '260961234567' },
      payerMessage: 'Two chairs, it s nice',
      payeeNote: 'Two chairs, it s nice',
    });
  });

  test('no callback header without a URL, because an empty one is refused', () => {
    const { headers } = buildMtnCharge(config(), { ...CHARGE, callbackUrl: null })('token');
    assert.ok(!('x-callback-url' in headers));
  });

  test('a status query cannot leave its path', () => {
    const { path } = buildMtnStatusQuery(config(), '../../x?y')('token');
    assert.equal(path, '/collection/v1_0/requesttopay/..%2F..%2Fx%3Fy');
  });

  test('texts are cut to what MTN takes, and are never empty', () => {
    assert.equal(toMtnText('Café “Ünïcode” & <b>'), 'Cafe Unicode b');
    assert.equal(toMtnText('a'.repeat(300)).length, 160);
    assert.match(toMtnText(`${'ab '.repeat(100)}`), /^[a-z ]{1,160}$/);
    for (const empty of [null, '', ' ', '💺', "'"]) assert.equal(toMtnText(empty), 'Payment');
  });

  test('a reference is a UUID v4, and the same for the same bytes', () => {
    assert.equal(spellMtnReference(REFERENCE_BYTES), '01112131-4151-4171-8191-a1b1c1d1e1f1');
    const ones = spellMtnReference(new Uint8Array(16).fill(255));
    assert.equal(ones, 'ffffffff-ffff-4fff-bfff-ffffffffffff');
    assert.throws(() => spellMtnReference(new Uint8Array(15)), RangeError);
  });
});

describe('MTN: a callback', () => {
  const parse = (body: unknown) =>
    parseMtnCallback({
      method: 'PUT',
      headers: {},
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    });

  test('it claims a state, and carries no reference of ours', () => {
    for (const [status, claimed] of [
      ['SUCCESSFUL', 'succeeded'],
      ['FAILED', 'failed'],
      ['PENDING', 'pending'],
      ['toString', null],
    ]) {
      assert.deepEqual(parse({ status, externalId: 'pay_1' }), {
        ok: true,
        reference: null,
        claimed,
      });
    }
  });

  test('anything else is malformed', () => {
    for (const body of ['', '{', '[]', 'null', {}, { status: 1 }, { status: 'x'.repeat(20_000) }]) {
      assert.deepEqual(parse(body), { ok: false, why: 'malformed' });
    }
  });
});

describe('MTN: settings', () => {
  test('good ones are read and frozen; the URL loses its slash', () => {
    const value = config();
    assert.equal(value.baseUrl, 'https://mtn.example');
    assert.deepEqual(value.currencies, ['ZMW', 'EUR']);
    assert.deepEqual(value.maxAmountMinor, {});
    assert.ok(Object.isFrozen(value));
  });

  test('a cap per currency is read in minor units', () => {
    const parsed = parseMtnConfig({ ...settings, MTN_MAX_AMOUNT: 'ZMW:50000.00, EUR:300' });
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.value.maxAmountMinor, { ZMW: 5_000_000n, EUR: 30_000n });
  });

  const bad: [string, string][] = [
    ['MTN_COUNTRY', 'Zambia'],
    ['MTN_CURRENCIES', 'ZMW,XXX'],
    ['MTN_CURRENCIES', 'ZMW,ZMW'],
    ['MTN_BASE_URL', 'ftp://mtn.example'],
    ['MTN_BASE_URL', 'https://user:pass-word@mtn.example'],
    ['MTN_BASE_URL', 'https://mtn.example/?a=b'],
    ['MTN_SUBSCRIPTION_KEY', 'a key with spaces'],
    ['MTN_API_USER', '4b3c9a52-6c1e-1d5a-9f0e-0d2d7a5f1b11'],
    ['MTN_API_KEY', 'line\nbreak'],
    ['MTN_TARGET_ENVIRONMENT', 'production'],
    ['MTN_MAX_AMOUNT', 'ZMW:1.001'],
    ['MTN_MAX_AMOUNT', 'ZMW:1,ZMW:2'],
    ['MTN_MAX_AMOUNT', 'ZMW:0'],
  ];
  for (const [variable, value] of bad) {
    test(`${variable} is named when it is wrong, and its value is not: ${JSON.stringify(value)}`, () => {
      const parsed = parseMtnConfig({ ...settings, [variable]: value });
      assert.ok(!parsed.ok);
      assert.deepEqual(
        parsed.problems.map((problem) => problem.variable),
        [variable],
      );
      assert.ok(!JSON.stringify(parsed.problems).includes(JSON.stringify(value).slice(1, -1)));
    });
  }

  test('all that is missing is named at once', () => {
    const parsed = parseMtnConfig({});
    assert.ok(!parsed.ok);
    const required = MTN_VARIABLES.filter((name) => name !== 'MTN_MAX_AMOUNT');
    const named = parsed.problems.map(({ variable }) => variable);
    assert.deepEqual(named.sort(), [...required].sort());
  });
});
